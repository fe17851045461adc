// Pages work without this script. It shows times in the reader's time zone, and keeps
// the parts of a page that move up to date: those with data-live, every so many seconds.
"use strict";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = time.dateTime;
    time.textContent = shown.format(at);
  }
}

const lost = document.getElementById("lost");

function tell(text, link) {
  if (lost.textContent === text) return;
  lost.textContent = text;
  if (link) {
    const a = document.createElement("a");
    a.href = "/login?to=" + encodeURIComponent(location.pathname + location.search);
    a.textContent = link;
    lost.append(" ", a);
  }
  lost.hidden = text === "";
}

// A part in which somebody works is left alone until they are done.
function busy(part) {
  const at = document.activeElement;
  return part.contains(at) && at.matches("input, select, textarea, button");
}

async function refresh() {
  let answer;
  try {
    answer = await fetch(location.href, { headers: { "X-Refresh": "1" }, redirect: "error", cache: "no-store" });
  } catch {
    tell("The daemon does not answer. This page shows how it was; it goes on by itself.");
    return;
  }
  if (answer.status === 401) {
    tell("You are not logged in any more.", "Log in again");
    return;
  }
  if (!answer.ok) {
    tell("The daemon cannot show this page now. It is asked again.");
    return;
  }
  tell("");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (!next || busy(part)) continue;
    localTimes(next);
    if (next.innerHTML !== part.innerHTML) {
      const focus = part.contains(document.activeElement) && document.activeElement.getAttribute("href");
      part.innerHTML = next.innerHTML;
      if (focus) part.querySelector(`[href="${CSS.escape(focus)}"]`)?.focus();
    }
    part.dataset.live = next.dataset.live;
  }
}

function wait() {
  const every = [...document.querySelectorAll("[data-live]")].map((p) => Number(p.dataset.live)).filter((s) => s > 0);
  if (every.length === 0) return;
  setTimeout(async () => {
    if (!document.hidden) await refresh();
    wait();
  }, 1000 * Math.min(...every));
}

localTimes(document);
for (const place of document.querySelectorAll("[data-zone]")) place.textContent = zone;
wait();
