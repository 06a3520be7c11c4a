import type { Command, Flag } from './command.ts';
import { helpFlag } from './flags.ts';

const shells = { bash, zsh, fish } as const;
export type Shell = keyof typeof shells;
export const shellNames = Object.keys(shells) as readonly Shell[];

/** A script that completes commands, flags, and their values where there is a choice. */
export const completionScript = (shell: Shell, commands: readonly Command[]): string => shells[shell](commands);

const flagsOf = (command: Command): readonly Flag[] => [...command.flags, helpFlag];
const words = (command: Command): string =>
  flagsOf(command)
    .map(({ name }) => `--${name}`)
    .join(' ');
const choices = (commands: readonly Command[]): Flag[] =>
  [...new Map(commands.flatMap(flagsOf).map((flag) => [flag.name, flag])).values()].filter((flag) => flag.choices);
const paths = (commands: readonly Command[]): string[] => [
  ...new Set(
    commands
      .flatMap(flagsOf)
      .filter((flag) => flag.path)
      .map(({ name }) => name),
  ),
];

function bash(commands: readonly Command[]): string {
  return `# strake completion for bash: source <(strake completion bash)
_strake() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=""
  COMPREPLY=()
  case $before in
${choices(commands)
  .map(
    ({ name, choices: known }) =>
      `    --${name}) COMPREPLY=($(compgen -W "${known!.join(' ')}" -- "$word")); return ;;`,
  )
  .join('\n')}
    ${paths(commands)
      .map((name) => `--${name}`)
      .join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} --help --version" -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.map((command) => `    ${command.name}) words="${words(command)}" ;;`).join('\n')}
  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _strake strake
`;
}

const quoted = (text: string): string => text.replace(/[[\]:\\]/g, String.raw`\$&`).replace(/'/g, '’');

function zsh(commands: readonly Command[]): string {
  const spec = (flag: Flag): string => {
    const action = flag.choices ? `(${flag.choices.join(' ')})` : flag.path ? '_files' : '';
    const value = flag.value === undefined ? '' : `:${quoted(flag.value)}:${action}`;
    return `'${flag.many ? '*' : ''}--${flag.name}[${quoted(flag.about)}]${value}'`;
  };
  return `#compdef strake
# strake completion for zsh: source <(strake completion zsh)
_strake() {
  local -a commands=(
${commands.map(({ name, summary }) => `    '${name}:${quoted(summary)}'`).join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case $words[2] in
${commands.map((command) => `    ${command.name}) _arguments ${flagsOf(command).map(spec).join(' ')} '*:: :_files' ;;`).join('\n')}
  esac
}
compdef _strake strake
`;
}

function fish(commands: readonly Command[]): string {
  const line = (command: Command, flag: Flag): string =>
    [
      `complete -c strake -n '__fish_seen_subcommand_from ${command.name}' -l ${flag.name}`,
      ...(flag.short === undefined ? [] : [`-s ${flag.short}`]),
      ...(flag.value === undefined ? [] : [flag.path ? '-r -F' : '-x']),
      ...(flag.choices ? [`-a '${flag.choices.join(' ')}'`] : []),
      `-d '${flag.about.replace(/'/g, '’')}'`,
    ].join(' ');
  return `# strake completion for fish: strake completion fish | source
${commands.map(({ name, summary }) => `complete -c strake -n __fish_use_subcommand -f -a ${name} -d '${summary.replace(/'/g, '’')}'`).join('\n')}
${commands.flatMap((command) => flagsOf(command).map((flag) => line(command, flag))).join('\n')}
`;
}
