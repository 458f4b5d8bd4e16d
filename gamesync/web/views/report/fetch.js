/** The report as the server tells it, with the log: `GET api/v1/games/<id>/export.json`. */

import { base } from "../../lib/address.js";

/** All of it; an Error whose message is the status, where there is none (for this device). */
export async function fetchReport(game, token) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(new URL(`api/v1/games/${game}/export.json`, base), { headers });
  if (!answer.ok) throw new Error(String(answer.status));
  const told = await answer.json();
  return { ...told, wall: wallOf(told.log) };
}

/**
 * Time of day of an instant of game time, as a Date: that of the nearest entry of the log before it
 * (or the first), for the time of day may have been set in between.
 */
function wallOf(log) {
  return (at) => {
    const near = log.findLast((entry) => entry.at <= at) ?? log[0];
    return new Date(Date.parse(near.wall) + at - near.at);
  };
}
