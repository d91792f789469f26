"use strict";

// Sends the forms of the API's pages, in place of DRF's ajax-form.js: each request once, with an Idempotency-Key, and
// whatever comes of it is shown.

(() => {
  let underWay = false;
  let last = { content: null, key: null }; // what was sent from this page, and under which key

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const method = (event.submitter?.dataset.method || form.dataset.method || "").toUpperCase();
      const content = form.querySelector("[data-override=content]");
      if (!method && !content) {
        return; // a form for a browser, such as a filter or the log-out
      }
      event.preventDefault();
      event.stopImmediatePropagation(); // DRF would send it again
      if (!underWay) {
        underWay = true;
        send(form, method || form.method.toUpperCase(), content?.value).finally(() => (underWay = false));
      }
    },
    true,
  );

  async function send(form, method, content) {
    const [page] = form.getAttribute("action").split("?"); // without the parameters of a list, which are of the list
    let problem;
    try {
      const response = await fetch(page, { method, body: content, headers: headers(form, method, content) });
      const text = await response.text();
      if ((response.headers.get("Content-Type") || "").startsWith("text/html")) {
        history.replaceState({}, "", page);
        document.open("text/html");
        document.write(text);
        document.close();
        return;
      }
      problem = described(response, text);
    } catch {
      problem = "The server did not respond, and what became of the request is not known.";
    }
    const again = method === "POST" ? " Send it again as it is: it is done once, however often it is sent." : "";
    show(form, problem + again);
  }

  function headers(form, method, content) {
    const csrf = JSON.parse(document.getElementById("drf_csrf").textContent);
    const found = { Accept: "text/html", [csrf.csrfHeaderName]: csrf.csrfToken };
    if (content !== undefined) {
      found["Content-Type"] = form.querySelector("[data-override=content-type]").value;
    }
    if (method === "POST") {
      found["Idempotency-Key"] = keyOf(content);
    }
    return found;
  }

  function keyOf(content) {
    if (last.content !== content) {
      // Not randomUUID, which there is with TLS only.
      const key = Array.from(crypto.getRandomValues(new Uint32Array(4)), (each) => each.toString(16)).join("-");
      last = { content, key };
    }
    return last.key;
  }

  function described(response, text) {
    try {
      const { title, detail } = JSON.parse(text);
      return `${response.status} ${title}: ${detail}`;
    } catch {
      return `The server responded with ${response.status}.`;
    }
  }

  function show(form, text) {
    let alert = form.querySelector("[role=alert]");
    if (!alert) {
      alert = document.createElement("p");
      alert.className = "alert alert-danger";
      alert.setAttribute("role", "alert");
      form.prepend(alert);
    }
    alert.textContent = text;
  }
})();
