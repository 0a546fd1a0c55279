// The live page: asks the API every two seconds and shows what it says.
// Whatever comes from a device is shown as text, never as markup.

import { Unauthorized, forgetToken, hasToken, keepToken, list, takeTokenFromAddress } from "./api.js";
import { build, setText, showList } from "./keyed.js";
import { channelOf, drawSparkline, makeSparkline, remember } from "./sparkline.js";

const POLL_MS = 2000;
const DECIMALS = 4; // a tenth of a milli-g, finer than the sensors' noise
const MOODS = { online: "good", connected: "good", offline: "bad", parked: "bad", error: "bad" };

const by = (id) => document.getElementById(id);

let selected = null; // the id of the site that is shown
let updatedAt = null;
let timer = null;

function badge(element, word) {
  setText(element, word.replaceAll("_", " "));
  element.dataset.mood = MOODS[word] ?? "wait";
}

function time(iso) {
  return iso === null ? "never" : new Date(iso).toLocaleTimeString();
}

function number(value) {
  return String(Number(value.toFixed(DECIMALS)));
}

// Sites

function makeSite(status) {
  const button = build("button", "site", build("span", "name"), build("span", "badge"), build("span", "counts"));
  button.type = "button";
  button.addEventListener("click", () => {
    selected = status.site_id;
    poll();
  });
  return build("li", "", button);
}

function updateSite(item, status) {
  const button = item.firstChild;
  const [name, state, counts] = button.children;
  const devices = status.devices;
  setText(name, status.site_name);
  badge(state, status.status);
  setText(
    counts,
    `${devices.dataloggers_online} of ${devices.dataloggers} dataloggers, ` +
      `${devices.sensors_online} of ${devices.sensors} sensors online`,
  );
  button.setAttribute("aria-pressed", String(status.site_id === selected));
}

function showState(status) {
  setText(by("site-heading"), status.site_name);
  const parts = [status.reason || status.status.replaceAll("_", " "), `${status.broker_host}:${status.broker_port}`];
  if (status.last_message_at) parts.push(`last message ${time(status.last_message_at)}`);
  if (status.mqtt_next_retry) parts.push(`next attempt ${time(status.mqtt_next_retry)}`);
  if (status.error_message) parts.push(status.error_message);
  setText(by("site-state"), parts.join(" · "));
}

// Devices

function makeGateway() {
  return build("li", "", build("strong"), build("span", "badge"), build("span", "kind"));
}

function updateGateway(item, gateway) {
  const [label, state, details] = item.children;
  setText(label, gateway.label);
  badge(state, gateway.availability);
  setText(details, ["gateway", gateway.ip_address, gateway.firmware_version].filter(Boolean).join(" · "));
}

function makeDatalogger() {
  const heading = build("h3", "", build("span", "name"), build("span", "badge"), build("span", "kind"));
  const columns = ["Sensor", "State", "Newest reading", "Lately"].map((title) => {
    const cell = build("th", "", title);
    cell.scope = "col";
    return cell;
  });
  const table = build("table", "", build("thead", "", build("tr", "", ...columns)), build("tbody"));
  return build("article", "datalogger", heading, table);
}

function updateDatalogger(article, datalogger) {
  const [label, state, details] = article.querySelector("h3").children;
  setText(label, datalogger.label);
  badge(state, datalogger.availability);
  const parts = [datalogger.datalogger_type, datalogger.acquisition, `last heartbeat ${time(datalogger.last_heartbeat)}`];
  setText(details, parts.filter(Boolean).join(" · "));
  showList(article.querySelector("tbody"), datalogger.sensors, (sensor) => sensor.id, makeSensor, updateSensor);
}

function makeSensor() {
  const label = build("th");
  label.scope = "row";
  const lately = build("td", "", makeSparkline(), build("span", "channel"));
  return build("tr", "", label, build("td", "", build("span", "badge")), build("td", "values"), lately);
}

function updateSensor(row, sensor) {
  const [label, state, values, lately] = row.children;
  setText(label, sensor.label);
  badge(state.firstChild, sensor.availability);
  showReading(values, sensor);
  drawSparkline(lately.firstChild, sensor);
  setText(lately.lastChild, channelOf(sensor));
}

function showReading(cell, sensor) {
  const channels = Object.entries(sensor.readings[0]?.channels ?? {});
  showList(
    cell,
    channels,
    ([name]) => name,
    ([name]) => build("span", "", build("b", "", name), " ", build("span")),
    (element, [, value]) => setText(element.lastChild, number(value)),
  );
  cell.title = sensor.last_reading ? `received ${time(sensor.last_reading)}` : "nothing received yet";
}

// Asking

async function refresh() {
  const statuses = await list("mqtt/connection-status/", { ordering: "site_name" });
  if (!statuses.some((status) => status.site_id === selected)) selected = mostTelling(statuses)?.site_id ?? null;
  const site_id = selected;
  const [gateways, dataloggers, sensors] =
    site_id === null
      ? [[], [], []]
      : await Promise.all(
          ["gateways/", "dataloggers/", "sensors/"].map((kind) => list(`monitoring/${kind}`, { site_id, ordering: "label" })),
        );
  if (site_id !== selected) return; // another site was chosen meanwhile, and is being asked for
  show(statuses, gateways, dataloggers, sensors);
}

// Until somebody chooses: the first site where there is something to see.
function mostTelling(statuses) {
  return statuses.find((status) => status.devices.sensors > 0) ?? statuses[0];
}

function show(statuses, gateways, dataloggers, sensors) {
  sensors.forEach(remember);
  const behind = Map.groupBy(sensors, (sensor) => sensor.datalogger_id);
  for (const datalogger of dataloggers) datalogger.sensors = behind.get(datalogger.id) ?? [];
  const status = statuses.find((candidate) => candidate.site_id === selected);
  by("no-sites").hidden = statuses.length > 0;
  by("site").hidden = status === undefined;
  by("no-devices").hidden = gateways.length + dataloggers.length > 0;
  showList(by("sites"), statuses, (item) => item.site_id, makeSite, updateSite);
  if (status) showState(status);
  showList(by("gateways"), gateways, (gateway) => gateway.id, makeGateway, updateGateway);
  showList(by("dataloggers"), dataloggers, (datalogger) => datalogger.id, makeDatalogger, updateDatalogger);
  by("content").hidden = false;
}

async function poll() {
  clearTimeout(timer);
  if (!hasToken()) return askForToken("");
  try {
    await refresh();
    updatedAt = new Date();
    tellFreshness(false, `Live, as of ${updatedAt.toLocaleTimeString()}`);
  } catch (error) {
    if (error instanceof Unauthorized) {
      forgetToken();
      return askForToken("This token is not valid.");
    }
    tellFreshness(true, staleness(error));
  }
  clearTimeout(timer); // a click may have begun another round meanwhile
  timer = setTimeout(poll, POLL_MS);
}

function staleness(error) {
  const why = error instanceof TypeError || error.name === "TimeoutError" ? "The server cannot be reached." : error.message;
  return updatedAt === null ? why : `${why} What you see is of ${updatedAt.toLocaleTimeString()}.`;
}

// The time changes every two seconds: only a change between live and stale is worth saying aloud.
function tellFreshness(isStale, text) {
  const line = by("freshness");
  line.setAttribute("aria-live", document.body.classList.contains("is-stale") === isStale ? "off" : "polite");
  document.body.classList.toggle("is-stale", isStale);
  setText(line, text);
  by("leave").hidden = false;
  by("entry").hidden = true;
}

// The token

function askForToken(problem) {
  by("content").hidden = true;
  by("leave").hidden = true;
  by("entry").hidden = false;
  document.body.classList.remove("is-stale");
  setText(by("freshness"), "A token is needed.");
  setText(by("entry-error"), problem);
  by("token").focus();
}

by("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(by("token").value);
  by("token").value = "";
  poll();
});

by("leave").addEventListener("click", () => {
  forgetToken();
  location.reload(); // nothing of what was shown stays in memory
});

takeTokenFromAddress();
addEventListener("hashchange", () => {
  takeTokenFromAddress();
  poll();
});
poll();
