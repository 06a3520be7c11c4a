import { BuildError, BuildErrors, problem, problems, type Whereabouts } from './errors.ts';

/** An error as plain data, for the way from one thread or process of strake to another. */
export type CarriedError =
  | { readonly kind: 'problem'; readonly code: string; readonly facts: unknown; readonly where: Whereabouts }
  | { readonly kind: 'problems'; readonly errors: readonly CarriedError[] }
  | {
      readonly kind: 'other';
      readonly name: string;
      readonly message: string;
      readonly code?: string;
      readonly stack?: string;
    };

export function carryError(error: unknown): CarriedError {
  if (BuildError.is(error) && Object.hasOwn(problems, error.code))
    return { kind: 'problem', code: error.code, facts: error.facts, where: error.where };
  if (error instanceof BuildErrors) return { kind: 'problems', errors: error.errors.map((one) => carryError(one)) };
  if (!(error instanceof Error)) return { kind: 'other', name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  const { code } = error as NodeJS.ErrnoException;
  return {
    kind: 'other',
    name,
    message,
    ...(typeof code === 'string' && { code }),
    ...(stack !== undefined && { stack }),
  };
}

/** The error again: a problem is one on this side too, made from the same table. */
export function arrivedError(carried: CarriedError): Error {
  switch (carried.kind) {
    case 'problem':
      return problem(carried.code as keyof typeof problems, carried.facts as never, carried.where);
    case 'problems':
      return new BuildErrors(carried.errors.map((one) => arrivedError(one)));
    case 'other': {
      const { kind: _, ...facts } = carried;
      return Object.assign(new Error(carried.message), facts);
    }
  }
}
