/** Bytes of output that are looked through. */
const kept = 8192;

const changesOwner = /\b(?:[lf]?ch(?:own|grp)|set(?:e|re|res)?[ug]id|setgroups|initgroups)\b|\bowner(?:ship)?\b/i;
const isRefused = /Invalid argument|Operation not permitted/i;

/** Looks in the end of a command's output for owners that could not be changed: with a single id none can. */
export function ownerComplaint(): { add(chunk: Uint8Array): void; found(): boolean } {
  let end = '';
  return {
    add: (chunk) => void (end = (end + Buffer.from(chunk).toString('latin1')).slice(-kept)),
    found: () => changesOwner.test(end) && isRefused.test(end),
  };
}
