// Swagger UI over this server's own document; nothing is fetched from elsewhere.
const place = document.getElementById("api");
SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: null,
  onComplete: () => { place.dataset.ready = "true"; },
});
