/** Where a command writes: results to one side, what happens meanwhile to the other. */
export interface Screen {
  /** Standard output: results. */
  out(text: string): void;
  /** Standard error: progress, notices, problems. */
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Of the terminal behind standard error; 80 where there is none. */
  columns(): number;
  rows(): number;
}
