import { mkdir, writeFile } from 'node:fs/promises';
import type { CaseSettings } from '../../case.ts';

export const settings: CaseSettings = {
  async prepare(context) {
    const at = (...parts: (string | Buffer)[]): Buffer =>
      Buffer.concat([Buffer.from(`${context}/names/`), ...parts.map((part) => Buffer.from(part))]);
    const deep = 'a-long-name/'.repeat(25);
    await mkdir(at(deep), { recursive: true });
    await mkdir(at(Buffer.from([0xff, 0xfe])));
    const names = [
      at('latin1-', Buffer.from([0xe9])),
      at(Buffer.from([0xff, 0xfe]), '/inside'),
      at('two\nlines'),
      at('back\\slash'),
      at('blank '),
      at('-rf'),
      at('größe-日本-🚢'),
      at('n'.repeat(255)),
      at(deep, 'file'),
    ];
    for (const name of names) await writeFile(name, 'content\n', { mode: 0o644 });
  },
};
