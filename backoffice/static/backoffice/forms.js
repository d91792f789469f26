"use strict";

/* Forms with many lines: boxes that are filled together, and rows that are added and taken away. */
document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-fill], button[data-add-row], button[data-remove-row]");
    if (!button) {
        return;
    }
    const form = button.closest("form");
    if ("fill" in button.dataset) {
        for (const box of form.querySelectorAll("[data-quantities] input[type=number]")) {
            box.value = button.dataset.fill === "all" && box.max !== "0" ? box.max : "";
        }
    } else if ("addRow" in button.dataset) {
        addRow(form);
    } else {
        button.closest("tr").remove();
        if (!form.querySelector("[data-rows] tr")) {
            addRow(form);
        }
    }
});

function addRow(form) {
    const row = form.querySelector("template[data-row]").content.firstElementChild.cloneNode(true);
    form.querySelector("[data-rows]").append(row);
    django.jQuery(row).find(".unfold-filter-autocomplete").djangoFilterSelect2();
}
