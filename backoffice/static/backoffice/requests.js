"use strict";

/* What htmx asks for, such as a dialog, and does not get: htmx itself says nothing. */
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
        const status = event.detail.xhr.status;
        if (event.detail.xhr.getResponseHeader("HX-Refresh")) {
            return; // the page is about to be loaded again, and says what is the matter
        }
        const what = status ? `The server could not do this (status ${status}).` : "The server can't be reached.";
        notice().textContent = `${what} What you entered is still here: try again in a moment.`;
    });
}

document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) {
        document.querySelector(".backoffice-notice")?.remove();
    }
});

function notice() {
    const found = document.querySelector(".backoffice-notice");
    if (found) {
        return found;
    }
    const made = document.createElement("p");
    made.className = "backoffice-notice";
    made.setAttribute("role", "alert");
    document.body.append(made);
    return made;
}
