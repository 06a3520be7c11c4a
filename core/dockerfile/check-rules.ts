import type { CheckedFile, CheckRule, Complain } from './check-rule.ts';
import type { FromInstruction, Instruction, Stage } from './syntax.ts';

const upper = (text: string): boolean => text === text.toUpperCase();
const lower = (text: string): boolean => text === text.toLowerCase();
const reserved = ['scratch', 'context'];

/** Names of stages, and the FROM lines that give them. */
export const stages: readonly CheckRule[] = [
  {
    name: 'StageNameCasing',
    check: forNames((name, from, complain) => {
      if (!lower(name)) complain(`Stage name '${name}' should be lowercase`, from.span, from);
    }),
  },
  {
    name: 'FromAsCasing',
    check: forNames((_, from, complain) => {
      const as = from.as!.text;
      // A keyword in mixed case is the business of another rule.
      const matches = lower(from.keyword) ? lower(as) : !upper(from.keyword) || upper(as);
      if (!matches) complain(`'${as}' and '${from.keyword}' keywords' casing do not match`, from.span, from);
    }),
  },
  {
    name: 'DuplicateStageName',
    check(file, complain) {
      const seen = new Set<string>();
      for (const { name, from } of file.stages) {
        if (name === undefined) continue;
        if (seen.has(name))
          complain(`Duplicate stage name "${from.name!.text}", stage names should be unique`, from.span, from);
        seen.add(name);
      }
    },
  },
  {
    name: 'ReservedStageName',
    check: forNames((name, from, complain) => {
      if (reserved.includes(name.toLowerCase()))
        complain(`Stage name should not use the same name as reserved stage "${name.toLowerCase()}"`, from.span, from);
    }),
  },
];

function forNames(check: (name: string, from: FromInstruction, complain: Complain) => void): CheckRule['check'] {
  return (file, complain) => {
    for (const { from } of file.stages) if (from.name) check(from.name.text, from, complain);
  };
}

/** How the text is laid out. */
export const casing: readonly CheckRule[] = [
  {
    name: 'ConsistentInstructionCasing',
    check(file, complain) {
      const nodes = file.stages.flatMap(({ from, instructions }) => [from, ...instructions]);
      const lowers = nodes.filter(({ keyword }) => lower(keyword)).length;
      const uppers = nodes.filter(({ keyword }) => upper(keyword)).length;
      const [fits, word] = lowers > uppers ? ([lower, 'lowercase'] as const) : ([upper, 'uppercase'] as const);
      for (const node of nodes)
        if (!fits(node.keyword))
          complain(
            `Command '${node.keyword}' should match the case of the command majority (${word})`,
            node.span,
            node,
          );
    },
  },
  {
    name: 'NoEmptyContinuation',
    check(file, complain) {
      for (const line of file.lines)
        for (const span of line.emptyLines.slice(0, 1)) complain('Empty continuation line', span, line);
    },
  },
  { name: 'InvalidDefinitionDescription', experimental: true, check: checkDescriptions },
];

/** A comment right above FROM … AS or ARG is taken for its description and must begin with the name. */
function checkDescriptions(file: CheckedFile, complain: Complain): void {
  const lines = new Map(file.lines.map((line) => [line.start, line]));
  const definitions = [
    ...file.globalArgs,
    ...file.stages.flatMap(({ from, instructions }) => [from, ...instructions.filter(({ kind }) => kind === 'arg')]),
  ];
  for (const node of definitions) {
    const names =
      node.kind === 'arg'
        ? node.args.map(({ name }) => name)
        : node.kind === 'from' && node.name
          ? [node.name.text, node.name.text.toLowerCase()]
          : [];
    const comment = lines.get(node.span.start)?.comments.at(-1);
    if (!comment || names.length === 0 || names.includes(comment.text.split(' ', 1)[0]!)) continue;
    if (/^check\s*=/i.test(comment.text)) continue;
    const keyword = node.kind.toUpperCase();
    const example = node.kind === 'arg' && names.length > 1 ? '<arg_key>' : names[0];
    complain(`Comment for ${keyword} should follow the format: \`# ${example} <description>\``, comment.span, node);
  }
}

const onlyOnce = new Set(['cmd', 'entrypoint', 'healthcheck']);

/** What stands inside stages. */
export const instructions: readonly CheckRule[] = [
  {
    name: 'MaintainerDeprecated',
    check: forInstructions((it, complain) => {
      if (it.kind === 'maintainer')
        complain('Maintainer instruction is deprecated in favor of using label', it.span, it);
    }),
  },
  {
    name: 'LegacyKeyValueFormat',
    check: forInstructions((it, complain) => {
      if ((it.kind !== 'env' && it.kind !== 'label') || !it.legacy) return;
      const word = it.kind.toUpperCase();
      complain(`"${word} key=value" should be used instead of legacy "${word} key value" format`, it.span, it);
    }),
  },
  {
    name: 'MultipleInstructionsDisallowed',
    check(file, complain) {
      for (const stage of file.stages) {
        const last = new Map<string, Instruction>();
        for (const it of stage.instructions) {
          if (!onlyOnce.has(it.kind)) continue;
          // The earlier one is the one without effect.
          const before = last.get(it.kind);
          if (before)
            complain(
              `Multiple ${it.kind.toUpperCase()} instructions should not be used in the same stage because only the last one will be used`,
              before.span,
              before,
            );
          last.set(it.kind, it);
        }
      }
    },
  },
  { name: 'JSONArgsRecommended', check: checkForms },
  {
    // Ours alone: BuildKit takes such text for a shell's without a word.
    name: 'JSONFormInvalid',
    check: forInstructions((it, complain) => {
      const text = listLike(it);
      if (text !== undefined)
        complain(`\`${text}\` looks like a JSON list and is none, so it is taken as plain text`, it.span, it);
    }),
  },
];

/** Text that begins like a list of strings and was read as something else; `[ -f x ]` is a shell's test. */
function listLike(it: Instruction): string | undefined {
  if (it.kind === 'copy' || it.kind === 'add') {
    const [first] = it.sources;
    return first?.kind === 'path' && it.destination.text.endsWith(']')
      ? listStart(it.title.slice(it.title.indexOf(first.word.text)))
      : undefined;
  }
  if (it.kind !== 'run' && it.kind !== 'cmd' && it.kind !== 'entrypoint' && it.kind !== 'healthcheck') return undefined;
  return it.command?.form === 'shell' ? listStart(it.command.script) : undefined;
}

const listStart = (text: string): string | undefined =>
  /^\[(?:["']|\s+(["'])[^"']*\1\s*,)/.test(text) ? text : undefined;

function forInstructions(check: (it: Instruction, complain: Complain) => void): CheckRule['check'] {
  return (file, complain) => {
    for (const stage of file.stages) for (const it of stage.instructions) check(it, complain);
  };
}

/** A shell in between keeps signals from the program; a file that sets SHELL, also in a stage it builds on, means it. */
function checkForms(file: CheckedFile, complain: Complain): void {
  const shelled = new Map<string, boolean>();
  for (const stage of file.stages) {
    let shell = inheritsShell(stage, shelled);
    for (const it of stage.instructions) {
      shell ||= it.kind === 'shell';
      if ((it.kind !== 'cmd' && it.kind !== 'entrypoint') || it.command.form === 'exec' || shell) continue;
      complain(
        `JSON arguments recommended for ${it.kind.toUpperCase()} to prevent unintended behavior related to OS signals`,
        it.span,
        it,
      );
    }
    if (stage.name !== undefined) shelled.set(stage.name, shell);
  }
}

const inheritsShell = ({ from }: Stage, shelled: ReadonlyMap<string, boolean>): boolean =>
  shelled.get(from.image.text.toLowerCase()) ?? false;
