/** Sections by name, of each its settings; names in lower case. */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The files `~/.aws/config` and `~/.aws/credentials`. What is indented belongs to the setting above and is left out. */
export function parseIni(text: string): Ini {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;].*)?$/.test(line)) continue;
    const header = /^\s*\[\s*([^\]]*?)\s*\]/.exec(line);
    if (header) {
      const name = header[1]!.replace(/\s+/g, ' ').replaceAll(/["']/g, '');
      section = sections.get(name) ?? new Map<string, string>();
      sections.set(name, section);
      continue;
    }
    const setting = /^([^\s=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    // A comment after a value begins with a blank.
    if (setting) section?.set(setting[1]!.toLowerCase(), setting[2]!.replace(/\s+[#;].*$/, ''));
  }
  return sections;
}
