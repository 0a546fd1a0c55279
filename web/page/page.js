// The live page: asks the API every two seconds and shows what it says.
// Whatever comes from a device is shown as text, never as markup.

import { Unauthorized, forgetToken, get, hasToken, keepToken, list, takeTokenFromAddress } from "./api.js";
import { makeDatalogger, makeGateway, updateDatalogger, updateGateway } from "./devices.js";
import { setText, showList } from "./keyed.js";
import { describeConnection, describeGap, makeSite, updateSite, worstFirst } from "./sites.js";
import { remember } from "./sparkline.js";

const POLL_MS = 2000;

const by = (id) => document.getElementById(id);

let selected = null; // the id of the site that is shown
let updatedAt = null;
let timer = null;

// Asking

async function refresh() {
  const statuses = worstFirst(await list("mqtt/connection-status/"));
  if (!statuses.some((status) => status.site_id === selected)) selected = mostTelling(statuses)?.site_id ?? null;
  const site_id = selected;
  const [gateways, dataloggers, sensors, gap] =
    site_id === null
      ? [[], [], [], null]
      : await Promise.all([
          ...["gateways/", "dataloggers/", "sensors/"].map((kind) => list(`monitoring/${kind}`, { site_id, ordering: "label" })),
          lastGap(site_id),
        ]);
  if (site_id !== selected) return; // another site was chosen meanwhile, and is being asked for
  show(statuses, gateways, dataloggers, sensors);
  by("site-gap").hidden = gap === null;
  if (gap !== null) setText(by("site-gap"), describeGap(gap));
}

// Gaps are in the database: while that is away, the live state is shown without them.
async function lastGap(site_id) {
  try {
    return (await get(`mqtt/sites/${site_id}/gaps/?page_size=1`)).results[0] ?? null;
  } catch (error) {
    if (error instanceof Unauthorized) throw error;
    return null;
  }
}

// Until somebody chooses: the first site where there is something to see.
function mostTelling(statuses) {
  return statuses.find((status) => status.devices.sensors > 0) ?? statuses[0];
}

async function choose(site_id) {
  selected = site_id;
  await poll();
  // Where the list is long or the window small, what was asked for is further down; the focus goes there with the eyes.
  const heading = by("site-heading");
  if (heading.getBoundingClientRect().top > innerHeight / 2) {
    heading.focus({ preventScroll: true });
    heading.scrollIntoView();
  }
}

function show(statuses, gateways, dataloggers, sensors) {
  sensors.forEach(remember);
  const behind = Map.groupBy(sensors, (sensor) => sensor.datalogger_id);
  for (const datalogger of dataloggers) datalogger.sensors = behind.get(datalogger.id) ?? [];
  const status = statuses.find((candidate) => candidate.site_id === selected);
  by("no-sites").hidden = statuses.length > 0;
  by("site").hidden = status === undefined;
  by("no-devices").hidden = gateways.length + dataloggers.length > 0;
  showList(
    by("sites"),
    statuses,
    (item) => item.site_id,
    (item) => makeSite(item, choose),
    (element, item) => updateSite(element, item, item.site_id === selected),
  );
  if (status) {
    setText(by("site-heading"), status.site_name);
    setText(by("site-state"), describeConnection(status));
  }
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
