import type { ImagePath } from '../base/brand.ts';
import { fromUtf8, toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import { parseOwner } from '../dockerfile/owner.ts';

/** The two files of an image that tell names from numbers; absent where the image has none. */
export interface Accounts {
  readonly passwd?: Uint8Array;
  readonly group?: Uint8Array;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Who a command runs as. */
export interface Identity extends Owner {
  /** Primary group first, then the others. */
  readonly groups: readonly number[];
  /** From passwd, where the user has an entry. */
  readonly home?: string;
  readonly name?: string;
}

export const passwdPath = '/etc/passwd' as ImagePath;
export const groupPath = '/etc/group' as ImagePath;

/** The accounts of an image, from whatever knows its small files. */
export function accountsOf(kept: (path: ImagePath) => Uint8Array | undefined): Accounts {
  const passwd = kept(passwdPath);
  const group = kept(groupPath);
  return { ...(passwd && { passwd }), ...(group && { group }) };
}

/**
 * Who `--chown` names. A number alone is user and group; a name alone brings its primary group. BuildKit takes
 * unknown names for root without a word; here they are a mistake, as Docker's reference has it.
 */
export function ownerOf(spec: string, accounts: Accounts): Owner {
  const { user, group } = parseOwner(spec);
  const uid = idOf(user);
  const account = uid === undefined ? userNamed(user, accounts) : undefined;
  const own = account ?? { uid: uid!, gid: uid! };
  return { uid: own.uid, gid: group === undefined ? own.gid : groupId(group, accounts) };
}

/**
 * Who USER names when a command starts. A pair of numbers needs no files; the groups a user is listed in count only
 * where no group was given (Docker's `user[:group]`).
 */
export function userOf(spec: string, accounts: Accounts): Identity {
  if (spec === '') return userOf('0', accounts);
  const { user, group } = parseOwner(spec);
  const id = idOf(user);
  const account =
    id === undefined ? userNamed(user, accounts) : users(accounts).find((candidate) => candidate.uid === id);
  const uid = account?.uid ?? id!;
  const known = account && { home: toUtf8(account.home), name: toUtf8(account.name) };
  if (group !== undefined) {
    const gid = groupId(group, accounts);
    return { uid, gid, groups: [gid], ...known };
  }
  // A number without an entry has the root group, as in every runtime.
  const gid = account?.gid ?? 0;
  const others = account ? groups(accounts).filter((it) => it.members.includes(account.name)) : [];
  return { uid, gid, groups: [...new Set([gid, ...others.map((it) => it.gid)])], ...known };
}

/** Does it take the image's files to know who `--chown` names? */
export function isNamed(spec: string): boolean {
  const { user, group } = parseOwner(spec);
  return idOf(user) === undefined || (group !== undefined && idOf(group) === undefined);
}

/** Ids are 32 bits, and the last one means "leave it as it is". */
const largestId = 0xffff_fffe;

function idOf(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const id = Number(text);
  if (id > largestId) throw problem('OWNER_INVALID', { spec: text, reason: `ids end at ${largestId}` });
  return id;
}

function userNamed(name: string, accounts: Accounts): User {
  const wanted = fromUtf8(name);
  const all = users(accounts);
  const found = all.find((user) => user.name === wanted);
  if (found) return found;
  throw unknown('user', name, passwdPath, all);
}

function groupId(text: string, accounts: Accounts): number {
  const id = idOf(text);
  if (id !== undefined) return id;
  const wanted = fromUtf8(text);
  const all = groups(accounts);
  const found = all.find((group) => group.name === wanted);
  if (found) return found.gid;
  throw unknown('group', text, groupPath, all);
}

function unknown(kind: 'user' | 'group', name: string, file: string, all: readonly { readonly name: string }[]) {
  const near = nearest(
    name,
    all.map((it) => toUtf8(it.name)),
  );
  return problem('OWNER_UNKNOWN', { kind, name, file, ...(near !== undefined && { nearest: near }) });
}

interface User extends Owner {
  /** Bytes, as are all names here. */
  readonly name: string;
  readonly home: string;
}

interface Group {
  readonly gid: number;
  readonly name: string;
  readonly members: readonly string[];
}

/** Lines of passwd(5) that hold together; broken ones are skipped, as the C library does. */
function users({ passwd }: Accounts): User[] {
  return fieldsOf(passwd).flatMap(([name, , uid, gid, , home = '/']) =>
    name && isId(uid) && isId(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home: home || '/' }] : [],
  );
}

/** Lines of group(5). */
function groups({ group }: Accounts): Group[] {
  return fieldsOf(group).flatMap(([name, , gid, members = '']) =>
    name && isId(gid) ? [{ name, gid: Number(gid), members: members.split(',') }] : [],
  );
}

const isId = (text: string | undefined): boolean =>
  text !== undefined && /^\d+$/.test(text) && Number(text) <= largestId;

function fieldsOf(file: Uint8Array | undefined): string[][] {
  if (!file) return [];
  return Buffer.from(file.buffer, file.byteOffset, file.byteLength)
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/\r$/, '').split(':'));
}
