/** Columns under their titles; `lastWidth` is where lines of the last one are cut. */
export function tableText(
  rows: readonly (readonly string[])[],
  { lastWidth = Infinity }: { readonly lastWidth?: number } = {},
): string {
  const last = rows[0]!.length - 1;
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const cell = (text: string, column: number): string =>
    column < last ? text.padEnd(widths[column]!) : text.length > lastWidth ? `${text.slice(0, lastWidth - 1)}…` : text;
  return rows.map((row) => `${row.map(cell).join('  ').trimEnd()}\n`).join('');
}
