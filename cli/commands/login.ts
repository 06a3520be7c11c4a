import {
  Secret,
  problem,
  type CredentialProvider,
  type Credentials,
  type LoginPlace,
  type World,
} from '../../core/index.ts';
import type { Cli, Invocation, Run } from '../command.ts';
import { loginPlace, placeText, requestAt } from '../login-place.ts';
import { openSession } from '../session.ts';
import { usageProblem } from '../usage.ts';

/** `strake login`: what the registry takes is kept, and nothing else. */
export const run: Run = async (invocation, cli) => {
  const place = loginPlace(invocation);
  refuseContradictions(invocation, cli);
  await using session = await openSession(invocation, cli);
  const { world, builder } = session;
  const providers = builder.installed.offers.credentials;
  const keeper = providers.find((provider) => provider.keep !== undefined);
  if (keeper === undefined) throw problem('LOGIN_NOWHERE', {});
  const given = await ask(invocation, cli, world);
  const workshop = await builder.workshop();
  await using _ = workshop.scope;
  const accepted = await workshop.registry.login(place.registry, given);
  const { where, readable } = await keeper.keep!(place, accepted, world);
  cli.screen.out(`Logged in to ${placeText(place)}; kept in ${where}.\n`);
  if (readable)
    cli.screen.err(
      `! ${where} holds it unencrypted: a credential helper (credsStore) in docker's config.json keeps it safer.\n`,
    );
  const first = await firstKnown(providers, place, world);
  if (first !== undefined && !same(first.credentials, accepted))
    cli.screen.err(`! Builds use another login for ${placeText(place)}, which comes first: ${first.where}.\n`);
  return 0;
};

function refuseContradictions(invocation: Invocation, cli: Cli): void {
  const argument = invocation.text('password');
  if (argument === undefined) return;
  if (invocation.on('password-stdin'))
    throw usageProblem(invocation, '--password and --password-stdin are two passwords.');
  cli.screen.err('! --password shows the password to everybody who lists processes; --password-stdin does not.\n');
}

async function ask(invocation: Invocation, cli: Cli, world: World): Promise<Credentials> {
  const fromInput = invocation.on('password-stdin');
  // The prompts stand on standard input, which then is the password's.
  const prompt = fromInput ? undefined : cli.ask;
  const username = invocation.text('username') ?? (await prompt?.('Username: '))?.trim();
  if (!username) throw usageProblem(invocation, 'A login needs a user: --username NAME.');
  const password =
    invocation.text('password') ??
    (fromInput ? await passwordFrom(world) : await prompt?.('Password: ', { hidden: true }));
  if (password === undefined)
    throw usageProblem(invocation, 'A login needs a password: give it to standard input, with --password-stdin.');
  if (password === '') throw usageProblem(invocation, 'The password is empty.');
  return { kind: 'basic', username, password: new Secret(password) };
}

/** Bytes of a password; tokens of some registries are long. */
const longest = 64 << 10;

/** One line end goes, as `echo` and editors leave one. */
async function passwordFrom(world: World): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of world.stdin()) {
    size += chunk.byteLength;
    chunks.push(chunk);
    if (size > longest)
      throw problem('USAGE', { reason: `Standard input holds more than ${longest} bytes: no password.` });
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

/** What builds will use, and from where. What cannot be told now a build will tell. */
async function firstKnown(providers: readonly CredentialProvider[], place: LoginPlace, world: World) {
  for (const provider of providers) {
    const credentials = await provider.credentials(requestAt(place), world).catch(() => undefined);
    if (credentials !== undefined) return { credentials, where: credentials.from ?? provider.name };
  }
  return undefined;
}

const same = (one: Credentials, other: Credentials): boolean => secretOf(one) === secretOf(other);

const secretOf = (credentials: Credentials): string =>
  (credentials.kind === 'basic' ? credentials.password : credentials.token).reveal();
