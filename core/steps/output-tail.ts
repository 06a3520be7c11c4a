/** Bytes kept of a command's output to show when it fails. */
const kept = 16 * 1024;
const shown = 12;

/** Remembers the end of an output of any length. */
export function outputTail(): { add(chunk: Uint8Array): void; lines(): string[] } {
  let end = Buffer.alloc(0);
  return {
    add(chunk) {
      end = Buffer.concat([end, chunk]);
      if (end.length > kept) end = end.subarray(end.length - kept);
    },
    lines: () =>
      end
        .toString('utf8')
        .trimEnd()
        .split(/\r?\n/)
        .slice(-shown)
        .filter((line, at, all) => line !== '' || at > 0 || all.length > 1),
  };
}
