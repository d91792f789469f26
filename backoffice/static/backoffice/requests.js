"use strict";

/* Dialogs for who has no mouse, and what htmx asks for and does not get: htmx leaves on the page what is there, and says
   nothing. */
const REJECTED = "That was rejected: nothing was changed. Load the page again to see how things stand.";
const UNKNOWN = "No answer came, so that it may be done, or not. Load the page again and look before you try once more.";
const NOT_LOADED = "This could not be loaded. Try again in a moment.";
const OUTDATED = "This page is not up to date: the server gives no new one.";

const WINDOW = "modal-content"; // of dialogs
const FORM = "dialog-form";
let opener = null; // the button of the open dialog

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    if (detail.target.id === WINDOW) {
        detail.target.replaceChildren(); // the dialog before must not stand for this one
        opener = detail.elt;
    } else {
        detail.target.querySelectorAll("[data-failure]").forEach((note) => note.remove());
    }
});

document.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.target.id === WINDOW) {
        setTimeout(() => first(detail.target)?.focus(), 50); // once the theme has opened its window
    }
});

document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
        backToOpener();
    }
});

document.addEventListener("click", (event) => {
    if (event.target.closest("[data-leave]")) {
        event.preventDefault(); // a link to "#" would scroll the page to its top
        backToOpener();
    }
});

function backToOpener() {
    opener?.focus();
    opener = null;
}

function first(dialog) {
    return dialog.querySelector("input:not([type=hidden]), textarea, select, button");
}

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, ({ detail }) => {
        const { target, xhr } = detail;
        if (target.id === WINDOW) {
            target.replaceChildren(note(NOT_LOADED));
            if (failure !== "htmx:responseError") {
                htmx.trigger(detail.elt, "htmx:afterOnLoad"); // by which the theme opens its window
            }
        } else if (target.id === FORM) {
            target.prepend(note(xhr.status >= 400 && xhr.status < 500 ? REJECTED : UNKNOWN));
        } else {
            target.prepend(note(OUTDATED)); // a page that looks again by itself
        }
    });
}

function note(text) {
    const paragraph = document.createElement("p");
    paragraph.className = "errornote mb-3 px-3 py-2.5 rounded-default bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400";
    paragraph.dataset.failure = "";
    paragraph.setAttribute("role", "alert");
    paragraph.textContent = text;
    return paragraph;
}
