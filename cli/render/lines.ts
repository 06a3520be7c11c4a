import { stripVTControlCharacters } from 'node:util';

/** Cuts the output of a step into lines; what is drawn over with a carriage return counts as it ends up. */
export interface LineCutter {
  /** Lines that are complete now. */
  push(chunk: Uint8Array): string[];
  /** The line that is not complete yet, as it looks now. */
  current(): string;
  /** What is left at the end. */
  rest(): string[];
}

/** Longer lines are cut: nobody reads them, and a build must not hold them. */
const longest = 4096;

export function lineCutter(): LineCutter {
  const decoder = new TextDecoder();
  let open = '';
  return {
    push(chunk) {
      const parts = (open + decoder.decode(chunk, { stream: true })).split('\n');
      open = (parts.pop() ?? '').slice(-longest);
      return parts.map(visible);
    },
    current: () => visible(open),
    rest() {
      const left = visible(open + decoder.decode());
      open = '';
      return left === '' ? [] : [left];
    },
  };
}

/** After the last carriage return, without colours and cursor movements, tabs as blanks. */
function visible(line: string): string {
  const bare = line.replace(/\r+$/, '');
  return stripVTControlCharacters(bare.slice(bare.lastIndexOf('\r') + 1))
    .slice(0, longest)
    .replace(/\t/g, '  ')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}
