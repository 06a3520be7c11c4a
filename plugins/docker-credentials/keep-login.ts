import type { Credentials, KeptLogin, LoginPlace, World } from '../../core/index.ts';
import { writeEntry } from './auth-entry.ts';
import { parseConfig, parseObject, readText, writtenConfigFile, type CredentialsConfig } from './config-files.ts';
import { printConfig, replaceFile } from './config-text.ts';
import { helperNamed, type Helper } from './helper.ts';
import { hubServer, isHub, longestMatch, means } from './matching.ts';
import { problem } from './problems.ts';

/** Keeps a login as docker does: in the helper that the file names for this registry, else in the file. */
export async function keepLogin(place: LoginPlace, credentials: Credentials, world: World): Promise<KeptLogin> {
  const file = await openFile(world);
  const helper = helperFor(file.config, place, world);
  if (helper === undefined) {
    await file.write(place, writeEntry(credentials));
    return { where: file.path, readable: true };
  }
  const { registry, repository } = place;
  if (repository !== undefined) throw problem('PATH_IN_HELPER', { helper: helper.program, registry, repository });
  await helper.store(keyOf(place), credentials);
  // What stood in the file before would be an old password that anybody can read; docker leaves an empty entry.
  await file.write(place, {});
  return { where: helper.program, readable: false };
}

/** Removes a login from the file and its helper. */
export async function forgetLogin(place: LoginPlace, world: World): Promise<readonly string[]> {
  const file = await openFile(world);
  const from: string[] = [];
  const helper = place.repository === undefined ? helperFor(file.config, place, world) : undefined;
  if (helper !== undefined && (await helper.get(keyOf(place))) !== undefined) {
    await helper.erase(keyOf(place));
    from.push(helper.program);
  }
  if (file.config.auths.some(([key]) => means(key, place.registry, place.repository))) {
    await file.write(place, undefined);
    if (helper === undefined) from.push(file.path);
  }
  return from;
}

interface OpenFile {
  readonly path: string;
  readonly config: CredentialsConfig;
  /** Puts the entry of a place, or removes it; the rest of the file stays. */
  write(place: LoginPlace, entry: object | undefined): Promise<void>;
}

async function openFile(world: World): Promise<OpenFile> {
  const path = await writtenConfigFile(world);
  const text = await readText(path);
  // An empty file is what `mktemp` leaves.
  const before = text?.trim() ? text : '{}';
  return {
    path,
    config: parseConfig(before, path),
    async write(place, entry) {
      const content = parseObject(before, path);
      // Older keys of the same place would be read first.
      const others = Object.entries((content['auths'] ?? {}) as Record<string, unknown>).filter(
        ([key]) => !means(key, place.registry, place.repository),
      );
      const auths = Object.fromEntries([...others, ...(entry === undefined ? [] : [[keyOf(place), entry]])]);
      await replaceFile(path, printConfig({ ...content, auths }, text));
    },
  };
}

function helperFor(config: CredentialsConfig, { registry, repository }: LoginPlace, world: World): Helper | undefined {
  const special = longestMatch(config.helpers, registry, repository ?? '');
  const name = special ? special.value : config.store;
  return name ? helperNamed(name, world) : undefined;
}

/** As docker writes it: the host, but for Docker Hub. */
const keyOf = ({ registry, repository }: LoginPlace): string =>
  isHub(registry) && repository === undefined
    ? hubServer
    : repository === undefined
      ? registry
      : `${registry}/${repository}`;
