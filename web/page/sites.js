// The sites: a button each, and what is said of the one that is shown.

import { build, setText } from "./keyed.js";
import { moment, showState, time, words } from "./states.js";

// A link may be open and carry nothing.
const isWell = (status) => status.status === "connected" && !status.error_kind;

// Those that are not well come first, then by name.
export function worstFirst(statuses) {
  const rank = (status) => (isWell(status) ? 1 : 0);
  return statuses.toSorted((one, other) => rank(one) - rank(other) || one.site_name.localeCompare(other.site_name));
}

export function makeSite(status, choose) {
  const parts = ["name", "badge", "counts", "trouble"].map((name) => build("span", name));
  const button = build("button", "site", ...parts);
  button.type = "button";
  button.addEventListener("click", () => choose(status.site_id));
  return build("li", "", button);
}

export function updateSite(item, status, isSelected) {
  const button = item.firstChild;
  const [name, state, counts, trouble] = button.children;
  const { dataloggers, dataloggers_online, dataloggers_unknown } = status.devices;
  const { sensors, sensors_online, sensors_unknown } = status.devices;
  setText(name, status.site_name);
  showState(state, status.status);
  if (status.status === "connected" && !isWell(status)) state.dataset.mood = "wait";
  setText(
    counts,
    `Dataloggers: ${counted(dataloggers, dataloggers_online, dataloggers_unknown)}\n` +
      `Sensors: ${counted(sensors, sensors_online, sensors_unknown)}`,
  );
  setText(trouble, isWell(status) ? "" : [words(status.error_kind), describeNextAttempt(status)].filter(Boolean).join(" · "));
  button.setAttribute("aria-pressed", String(isSelected));
}

// "0 of 10 online" would read as ten dead ones where nothing can be known.
function counted(all, online, unknown) {
  if (all === 0) return "none yet";
  if (unknown === all) return `${all}, state unknown`;
  return `${online} of ${all} online` + (unknown > 0 ? `, ${unknown} unknown` : "");
}

// What to say of a site's connection. The reason often is the last error, or names the broker: each is said once.
export function describeConnection(status) {
  const parts = [status.reason || words(status.status)];
  for (const part of [`${status.broker_host}:${status.broker_port}`, status.error_message]) {
    if (!parts[0].includes(part)) parts.push(part);
  }
  if (status.last_message_at) parts.push(`last message ${time(status.last_message_at)}`);
  parts.push(describeNextAttempt(status));
  return parts.filter(Boolean).join(" · ");
}

function describeNextAttempt(status) {
  const at = status.mqtt_next_retry;
  if (status.status !== "parked") return at ? `next attempt ${time(at)}` : "";
  return at ? `next probe ${time(at)}` : "waits until somebody restarts it";
}

export function describeGap(gap) {
  return `Last gap: messages may be missing from ${moment(gap.started_at)} to ${moment(gap.ended_at)}: ${gap.reason}`;
}
