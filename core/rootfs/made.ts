/**
 * Time of everything a step makes out of nothing: created directories, inline files. Files copied from a context keep
 * their own times, so a digest is that of the checkout; what is made must not add the hour of the build to it. The epoch
 * itself would do, but for archivers that know no time before 1980: this is a day after, so that no time zone falls short.
 */
export const madeAt = 315_619_200;

/** Mode of created directories, before `--chmod`. */
export const madeDirectory = 0o755;
/** Mode of inline files, before `--chmod`. */
export const madeFile = 0o644;
