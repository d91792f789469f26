"use strict";

const docs = document.getElementById("docs");

SwaggerUIBundle({
  domNode: docs,
  url: docs.dataset.schema,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayOperationId: true,
  filter: true,
  persistAuthorization: false,
  tryItOutEnabled: false,
  validatorUrl: null, // it would ask a server on the internet
});
