// Draws the features of the page, or the extent of its collection, without a base map:
// the city's network is often closed.
const place = document.getElementById("map");
const held = document.getElementById("features");
const map = L.map(place, { attributionControl: false });
const colour = { color: "#0F5EA8", weight: 2, fillOpacity: 0.15 };
let drawn;
const features = (found, path) =>
  L.geoJSON(found, {
    style: colour,
    pointToLayer: (_, at) => L.circleMarker(at, { ...colour, radius: 5, fillOpacity: 0.6 }),
    onEachFeature: (feature, layer) => {
      const name = (feature.properties || {}).name || feature.id;
      const label = document.createElement("a");
      label.href = `${path}/${encodeURIComponent(feature.id)}?f=html`;
      label.textContent = name;
      if (path.endsWith("/items")) layer.bindPopup(label);
    },
  });
if (held) {
  drawn = features(JSON.parse(held.textContent), location.pathname.replace(/\/$/, ""));
} else {
  const [west, south, east, north] = place.dataset.bbox.split(",").map(Number);
  drawn = L.rectangle([[south, west], [north, east]], {
    ...colour,
    weight: 1,
    fillOpacity: 0.04,
  });
  if (place.dataset.items) {
    // the first features show what the collection is like
    fetch(place.dataset.items)
      .then((answer) => (answer.ok ? answer.json() : { features: [] }))
      .then((found) => {
        features(found.features, place.dataset.items.split("?")[0]).addTo(map);
        place.dataset.shown = found.features.length;
      });
  }
}
drawn.addTo(map);
const bounds = drawn.getBounds();
if (bounds.isValid()) map.fitBounds(bounds, { maxZoom: 16, padding: [16, 16] });
else map.setView([30.27, 120.16], 9);
place.dataset.ready = "true";
