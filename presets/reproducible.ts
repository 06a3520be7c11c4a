import { definePreset } from '../core/index.ts';

export interface ReproducibleOptions {
  /** Seconds since 1970 that images are created at; `SOURCE_DATE_EPOCH` wins over it. Absent: 0. */
  readonly epoch?: number;
}

/** The same inputs give the same digest, wherever and whenever: one time for the image and for all newer files in it. */
export const reproducible = definePreset(({ epoch = 0 }: ReproducibleOptions = {}) => ({
  name: 'reproducible',
  settings: { sourceDateEpoch: epoch },
  defaults: { rewriteTimestamp: true },
}));
