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
    nameSearches(row);
}

/* Select2 puts a box of its own in the place of each search, and takes over neither its name nor its errors. */
function nameSearches(part) {
    for (const select of part.querySelectorAll("select[data-named-by]")) {
        const box = select.nextElementSibling?.querySelector("[role=combobox]");
        const chosen = box?.querySelector(".select2-selection__rendered");
        if (!chosen) {
            continue;
        }
        box.setAttribute("aria-labelledby", `${select.dataset.namedBy} ${chosen.id}`);
        chosen.setAttribute("aria-labelledby", select.dataset.namedBy);
        for (const name of ["aria-invalid", "aria-describedby"]) {
            if (select.hasAttribute(name)) {
                box.setAttribute(name, select.getAttribute(name));
            }
        }
    }
}

window.django?.jQuery?.(() => nameSearches(document)); // behind the call that has Select2 make its boxes
document.addEventListener("focusin", (event) => {
    if (event.target.matches(".select2-search__field")) {
        event.target.setAttribute("aria-label", "Search");
    }
});
