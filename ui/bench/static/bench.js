// The bench's page: draws the whole state whenever the server says that it changed, and sends what was pressed.
"use strict";

const $ = (selector) => document.querySelector(selector);
const languages = ["zh", "en"];
let language = languages.includes(localStorage.getItem("language")) ? localStorage.getItem("language") : "zh";
let source = null;
let typed = "";
let built = "";

function act(what, more = {}) {
  return fetch("/act", {
    method: "POST",
    headers: { "x-doorward": "bench", "content-type": "application/json" },
    body: JSON.stringify({ what, ...more }),
  });
}

function button(text, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}

function fill(place, texts, mark) {
  place.replaceChildren(...texts.map((text) => {
    const item = document.createElement("li");
    item.textContent = mark ? text.text : text;
    if (mark) item.dataset.tone = text.tone;
    return item;
  }));
}

// What only the language changes: buttons, headings, people.
function build(state) {
  const label = state.labels;
  document.documentElement.lang = language;
  $("#what").textContent = label.what;
  $("#language").textContent = language === "zh" ? "English" : "中文";
  for (const name of ["people", "book", "log"]) $(`#${name} h2`).textContent = label[name];
  $("#hands").replaceChildren(...["push", "leave", "hold", "let_go", "shut", "force"].map((what) => button(label[what], () => act(what))));
  $("#wires").replaceChildren(
    button(label.fire_on, () => act("on", { input: "fire" })),
    button(label.fire_off, () => act("off", { input: "fire" })),
    button(label.tamper_on, () => act("on", { input: "tamper" })),
    button(label.tamper_off, () => act("off", { input: "tamper" })),
    button(label.cut, () => act("cut", { input: "door_position" })),
    button(label.mend, () => act("mend", { input: "door_position" })),
    button(label.unplug, () => act("unplug", { reader: "outside" })),
    button(label.plug, () => act("plug", { reader: "outside" })),
    button(label.garble, () => act("garble", { reader: "outside" })),
    button(label.kill, () => act("kill")),
  );
  $("#orders").replaceChildren(...["alarm_reset", "fire_reset", "code_unlock", "lockdown", "lockdown_end", "evacuation", "evacuation_end"].map((order) => button(label[order], () => act("order", { order }))));
  const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((digit) => button(digit, () => type(digit)));
  $("#keys").replaceChildren(...keys, button(label.clear, () => type(null)), button("0", () => type("0")), button(label.enter, enter));
  $("#slips").replaceChildren(label.slips, ...state.codes.map((slip) => button(`${slip.approval}: ${slip.code}`, () => act("code", { code: slip.code }))));
  $("#cards").replaceChildren(...state.cards.map((card) => person(card, label)));
  const heads = ["date", "name", "approver", "time", "reason", "remarks"].map((name) => cell("th", label[name]));
  $("#book thead tr").replaceChildren(...heads);
}

function person(card, label) {
  const row = document.createElement("div");
  row.className = "person";
  const who = document.createElement("div");
  who.textContent = card.name;
  const small = document.createElement("small");
  small.textContent = card.card + (card.mark ? ` · ${label[card.mark]}` : "");
  who.append(small);
  row.append(who, ...["outside", "inside"].map((reader) => button(label[reader], () => act("present", { reader, card: card.card }))));
  return row;
}

function cell(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

function type(digit) {
  typed = digit === null ? "" : (typed + digit).slice(0, 12);
  $("#typed").textContent = "●".repeat(typed.length);
}

function enter() {
  if (typed) act("code", { code: typed });
  type(null);
}

function draw(state) {
  if (built !== language) {
    build(state);
    built = language;
  }
  const door = state.door, screen = state.screen, label = state.labels;
  const marks = { open: door.leaf_open, released: door.gives, alarm: door.siren, fire: door.active.includes("fire"), gone: !door.readers.outside };
  for (const [name, on] of Object.entries(marks)) $("#picture").classList.toggle(name, on);
  $("#lockword").textContent = door.gives ? label.released : label.locked;
  $("#screen").dataset.tone = screen ? screen.tone : "wait";
  $("#word").textContent = screen ? screen.word : "—";
  fill($("#lines"), screen ? screen.lines : [label.gone]);
  fill($("#faults"), screen ? screen.faults : []);
  $("#book tbody").replaceChildren(...state.register.map((line) => {
    const row = document.createElement("tr");
    row.append(...line.map((text) => cell("td", text)));
    return row;
  }).reverse());
  fill($("#log ol"), [...state.records].reverse(), true);
}

function listen() {
  if (source) source.close();
  source = new EventSource(`/events?lang=${language}`);
  source.onmessage = (message) => draw(JSON.parse(message.data));
}

$("#language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  listen();
});
document.addEventListener("keydown", (event) => {
  if (/^[0-9]$/.test(event.key)) type(event.key);
  else if (event.key === "Enter" && event.target.tagName !== "BUTTON") enter();
  else if (event.key === "Escape") type(null);
});
listen();
