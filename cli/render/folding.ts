/** How the log viewer of a CI is told what may be folded away. */
export interface Folding {
  /** `id` is unique in the log. */
  begin(id: string, title: string): string;
  end(id: string): string;
  /** A line of a command's output, such that it says nothing to the CI. */
  harmless(line: string): string;
}

/** https://docs.github.com/actions: "Workflow commands", grouping log lines. */
const github: Folding = {
  begin: (_, title) => `::group::${title.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A')}\n`,
  end: () => '::endgroup::\n',
  // Commands of the older form are obeyed wherever they stand in a line; those of the newer one at its beginning alone.
  harmless: (line) => line.replaceAll('##[', '# #['),
};

/** https://docs.gitlab.com/ci/jobs/job_logs: "Create custom collapsible sections". */
const gitlab = (seconds: () => number): Folding => ({
  begin: (id, title) => `\u001b[0Ksection_start:${seconds()}:${id}[collapsed=true]\r\u001b[0K${title}\n`,
  end: (id) => `\u001b[0Ksection_end:${seconds()}:${id}\r\u001b[0K\n`,
  // Its marks have control characters, and lines of output have none left.
  harmless: (line) => line,
});

export type FoldingKind = 'github' | 'gitlab';

export const foldingOf = (kind: FoldingKind, seconds = (): number => Math.floor(Date.now() / 1000)): Folding =>
  kind === 'github' ? github : gitlab(seconds);

/** The CI whose log this is. */
export function foldingHere(env: Readonly<Record<string, string | undefined>>): FoldingKind | undefined {
  if (env['GITHUB_ACTIONS'] === 'true') return 'github';
  return env['GITLAB_CI'] === 'true' ? 'gitlab' : undefined;
}

/** What commands printed, said outside of what is folded: such that it says nothing to the CI whose log this is. */
export function harmlessHere(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const here = foldingHere(env);
  return here === undefined ? text : foldingOf(here).harmless(text);
}

/** One part of the log at a time is open: what comes between closes it, and it is opened anew with the next line. */
export interface Folds {
  /** What is written next belongs to this step. */
  into(number: number, title: string): void;
  /** What is written next belongs to this step or, where it is not open, to none. */
  outOfOthers(number: number): void;
  /** What is written next belongs to none. */
  out(): void;
}

export function folds(write: (text: string) => void, folding: Folding): Folds {
  const times = new Map<number, number>();
  let open: { readonly number: number; readonly id: string } | undefined;
  const out = (): void => {
    if (open) write(folding.end(open.id));
    open = undefined;
  };
  return {
    into(number, title) {
      if (open?.number === number) return;
      out();
      const time = (times.get(number) ?? 0) + 1;
      times.set(number, time);
      const id = `strake_${number}${time === 1 ? '' : `_${time}`}`;
      write(folding.begin(id, `#${number} ${title}${time === 1 ? '' : ' (continued)'}`));
      open = { number, id };
    },
    outOfOthers(number) {
      if (open?.number !== number) out();
    },
    out,
  };
}
