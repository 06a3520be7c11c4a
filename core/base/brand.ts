declare const brand: unique symbol;
/** A `T` that only its parser can make, so that two kinds of string are never mistaken for one another. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Digest of bytes as stored: a compressed layer, a config, a manifest. */
export type Digest = Brand<`sha256:${string}`, 'Digest'>;
/** Digest of a layer's tar before compression. */
export type DiffId = Brand<`sha256:${string}`, 'DiffId'>;
/** Hash over a canonical list of named inputs. */
export type CacheKey = Brand<string, 'CacheKey'>;
/** Absolute path on the building machine, as Node's fs takes it. */
export type HostPath = Brand<string, 'HostPath'>;
/**
 * Absolute normalised path inside an image. Starts with a slash, ends with none (but the root itself, `/`).
 * Every char is one byte: file names in images need not be UTF-8. Convert at the borders with `bytes.ts`.
 */
export type ImagePath = Brand<`/${string}`, 'ImagePath'>;
/** A string whose chars are bytes (0..255): a link target, an attribute name. */
export type Bytes = Brand<string, 'Bytes'>;

export const hostPath = (path: string): HostPath => path as HostPath;
