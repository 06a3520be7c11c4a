/** One command line with what it meets. */
export interface CliCase {
  /** Why the case exists. */
  readonly why: string;
  readonly argv: readonly string[];
  /** Files of the current directory; a path that ends in a slash is a folder. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Command lines that run before, in the same folder with the same store. */
  readonly before?: readonly (readonly string[])[];
  /** Files whose content is part of what is compared. */
  readonly shows?: readonly string[];
}

export const defineCase = (it: CliCase): CliCase => it;
