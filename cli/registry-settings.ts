import { hostWanted, isMirrorPlace, isRegistryHost, mirrorWanted, type Source } from '../core/index.ts';
import type { Invocation } from './command.ts';
import { usageProblem } from './usage.ts';

type Entries = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What flags say of registries; each is a layer of its own, so that it is named as the origin of a value. */
export function registrySources(invocation: Invocation): readonly Source[] {
  const said: readonly (readonly [string, Entries])[] = [
    ['registry-map', mapped(invocation)],
    ['registry-mirror', hubMirrors(invocation)],
    ['registry-certificate', certificates(invocation)],
    ['registry-client-cert', clientCertificates(invocation)],
    ['skip-tls-verify-registry', unverified(invocation)],
    ['skip-default-registry-fallback', withoutFallback(invocation)],
  ];
  return said
    .filter(([, registries]) => Object.keys(registries).length > 0)
    .map(([flag, registries]) => ({ layer: `--${flag}`, section: '', values: { registries } }));
}

export function insecureHosts(invocation: Invocation): readonly string[] {
  const hosts = invocation.list('insecure-registry');
  const wrong = hosts.find((host) => !isRegistryHost(host));
  if (wrong !== undefined) throw usageProblem(invocation, `--insecure-registry "${wrong}": ${hostWanted}.`);
  return hosts;
}

/** `docker.io=mirror.example/hub;gcr.io=mirror.example/gcr`; one registry may be there several times. */
function mapped(invocation: Invocation): Entries {
  const mirrors = new Map<string, string[]>();
  for (const text of invocation.list('registry-map').flatMap((value) => value.split(';'))) {
    if (text.trim() === '') continue;
    const [from, to] = pairOf(invocation, 'registry-map', text, 'OLD=NEW');
    mirrors.set(from, [...(mirrors.get(from) ?? []), mirrorOf(invocation, 'registry-map', to)]);
  }
  return Object.fromEntries([...mirrors].map(([from, list]) => [from, { mirrors: list }]));
}

function hubMirrors(invocation: Invocation): Entries {
  const mirrors = invocation.list('registry-mirror').map((it) => mirrorOf(invocation, 'registry-mirror', it));
  return mirrors.length === 0 ? {} : { 'docker.io': { mirrors } };
}

const certificates = (invocation: Invocation): Entries =>
  Object.fromEntries(
    invocation.list('registry-certificate').map((text) => {
      const [host, ca] = pairOf(invocation, 'registry-certificate', text, 'HOST=FILE');
      return [host, { ca }];
    }),
  );

const clientCertificates = (invocation: Invocation): Entries =>
  Object.fromEntries(
    invocation.list('registry-client-cert').map((text) => {
      const wanted = 'HOST=CERT,KEY';
      const [host, files] = pairOf(invocation, 'registry-client-cert', text, wanted);
      const [cert, key, more] = files.split(',');
      if (!cert || !key || more !== undefined) throw malformed(invocation, 'registry-client-cert', text, wanted);
      return [host, { cert, key }];
    }),
  );

const unverified = (invocation: Invocation): Entries =>
  Object.fromEntries(invocation.list('skip-tls-verify-registry').map((host) => [host, { skipTlsVerify: true }]));

const withoutFallback = (invocation: Invocation): Entries =>
  invocation.on('skip-default-registry-fallback') ? { '*': { fallback: false } } : {};

function pairOf(invocation: Invocation, flag: string, text: string, wanted: string): [string, string] {
  const cut = text.indexOf('=');
  const [left, right] = [text.slice(0, cut).trim(), text.slice(cut + 1).trim()];
  if (cut <= 0 || left === '' || right === '') throw malformed(invocation, flag, text, wanted);
  return [left, right];
}

/** Docker's own setting has URLs; what `https://` says is understood anyway. */
function mirrorOf(invocation: Invocation, flag: string, text: string): string {
  const place = text.replace(/^https:\/\//i, '').replace(/\/$/, '');
  if (!isMirrorPlace(place)) throw usageProblem(invocation, `--${flag} "${text}": ${mirrorWanted}.`);
  return place;
}

const malformed = (invocation: Invocation, flag: string, text: string, wanted: string) =>
  usageProblem(invocation, `--${flag} "${text}" is not ${wanted}.`);
