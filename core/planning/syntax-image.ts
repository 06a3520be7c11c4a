import { problem } from '../base/errors.ts';
import type { Dockerfile } from '../dockerfile/index.ts';

/** The frontends whose language is the one built in here, at every version. */
const builtIn =
  /^(?:dockerfile\.v0|(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?)$/;

/** A Dockerfile in a language of its own would need that language's image to be run. */
export function checkSyntax({ directives }: Dockerfile, override: string | undefined): void {
  const value = override ?? directives.syntax?.value;
  if (value === undefined || value === '' || builtIn.test(value)) return;
  const at = override === undefined ? directives.syntax?.span : undefined;
  throw problem(
    'NOT_YET_SUPPORTED',
    { what: `The Dockerfile syntax "${value}"`, hint: 'docker/dockerfile and its labs are built in.' },
    at ? { at } : {},
  );
}
