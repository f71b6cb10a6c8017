// Keeps /ops fresh: the page is asked for again every five seconds while it is seen, and
// its middle replaced; a file that is being chosen is left alone.
const EVERY_MS = 5000;
let timer;

async function refresh() {
  const held = document.getElementById("ops");
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("ops");
    if (!fresh) throw new Error("no #ops");
    if (isBusy(held)) {
      held.querySelector("#updated").textContent = fresh.querySelector("#updated").textContent;
    } else {
      held.replaceWith(fresh);
    }
  } catch {
    lost(held);
  }
}

function isBusy(held) {
  const chosen = [...held.querySelectorAll("input[type=file]")].some((one) => one.files.length);
  return chosen || (held.contains(document.activeElement) && document.activeElement !== document.body);
}

function lost(held) {
  if (held.classList.contains("lost")) return;
  held.classList.add("lost");
  const line = held.querySelector(".state");
  line.className = "state broken";
  line.textContent = `■ ${held.dataset.lost} ${held.dataset.at}`;
}

function pace() {
  clearInterval(timer);
  if (document.hidden) return;
  timer = setInterval(refresh, EVERY_MS);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
  pace();
});
pace();
