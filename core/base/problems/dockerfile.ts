import { entry } from './entry.ts';

/** What can be wrong with a Dockerfile or an ignore file: as text, or when it is planned. */
export const dockerfile = {
  DOCKERFILE_EMPTY: entry<{ name: string }>({
    title: 'The Dockerfile is empty',
    exit: 2,
    message: ({ name }) => `${name} holds no instruction.`,
    hint: () => 'The smallest Dockerfile is one line: FROM scratch.',
  }),
  DOCKERFILE_WITHOUT_STAGE: entry<{ name: string }>({
    title: 'The Dockerfile has no stage',
    exit: 2,
    message: ({ name }) => `${name} holds no FROM, so there is nothing to build.`,
    hint: () => 'Add FROM with a base image, or FROM scratch.',
  }),
  DOCKERFILE_LINE_TOO_LONG: entry<{ bytes: number; limit: number }>({
    title: 'A line of the Dockerfile is too long',
    exit: 2,
    message: ({ bytes, limit }) => `The line has ${bytes} bytes; at most ${limit} are allowed.`,
    hint: () => 'Break it with continuations, or copy the text from a file of the context.',
  }),
  DIRECTIVE_REPEATED: entry<{ name: string }>({
    title: 'A parser directive stands twice',
    exit: 2,
    message: ({ name }) => `The directive "${name}" may be given once.`,
  }),
  DIRECTIVE_ESCAPE_INVALID: entry<{ value: string }>({
    title: 'The escape character is not valid',
    exit: 2,
    message: ({ value }) => `"${value}" cannot be the escape character.`,
    hint: () => 'It is \\ or `.',
  }),
  DIRECTIVE_CHECK_INVALID: entry<{ reason: string }>({
    title: 'The check directive is not valid',
    exit: 2,
    message: ({ reason }) => `The directive "check" was not understood: ${reason}.`,
    hint: () => 'It reads # check=skip=RuleA,RuleB;error=true;experimental=all, each part optional.',
  }),
  INSTRUCTION_UNKNOWN: entry<{ word: string; nearest?: string | undefined }>({
    title: 'There is no such instruction',
    exit: 2,
    message: ({ word }) => `"${word}" is no instruction.`,
    hint: ({ nearest }) =>
      nearest
        ? `Did you mean ${nearest}?`
        : 'Does the line above lack a continuation mark, or a heredoc its delimiter?',
  }),
  INSTRUCTION_BEFORE_FROM: entry<{ keyword: string }>({
    title: 'An instruction stands before the first FROM',
    exit: 2,
    message: ({ keyword }) => `${keyword} needs a stage; only ARG may come before FROM.`,
  }),
  ARGUMENTS_WRONG: entry<{ keyword: string; needs: string }>({
    title: 'The arguments do not fit the instruction',
    exit: 2,
    message: ({ keyword, needs }) => `${keyword} takes ${needs}.`,
  }),
  FLAG_UNKNOWN: entry<{ keyword: string; flag: string; known: readonly string[]; nearest?: string | undefined }>({
    title: 'There is no such flag',
    exit: 2,
    message: ({ keyword, flag }) => `${keyword} has no flag --${flag}.`,
    hint: ({ keyword, known, nearest }) =>
      nearest
        ? `Did you mean --${nearest}?`
        : known.length > 0
          ? `It has ${known.map((name) => `--${name}`).join(', ')}. A bare -- ends the flags.`
          : `${keyword} has no flags. A bare -- before its arguments says so.`,
  }),
  FLAG_REPEATED: entry<{ keyword: string; flag: string }>({
    title: 'A flag stands twice',
    exit: 2,
    message: ({ keyword, flag }) => `--${flag} may be given to ${keyword} once.`,
  }),
  FLAG_VALUE_MISSING: entry<{ keyword: string; flag: string }>({
    title: 'A flag lacks its value',
    exit: 2,
    message: ({ keyword, flag }) => `--${flag} of ${keyword} needs a value: --${flag}=…`,
  }),
  FLAG_VALUE_INVALID: entry<{ keyword: string; flag: string; value: string; allowed: readonly string[] }>({
    title: 'The value of a flag is not valid',
    exit: 2,
    message: ({ keyword, flag, value }) => `--${flag} of ${keyword} cannot be "${value}".`,
    hint: ({ allowed }) => `It is ${allowed.join(', ').replace(/, ([^,]*)$/, ' or $1')}.`,
  }),
  FROM_WITH_VARIABLE: entry<{ value: string }>({
    title: 'Variables are not expanded here',
    exit: 2,
    message: ({ value }) => `"from" takes a stage or an image as it is written, and "${value}" holds a variable.`,
    hint: () => 'Give the image a stage of its own, FROM image:$VERSION AS name, and take from that stage.',
  }),
  JSON_NOT_STRINGS: entry<{ keyword: string }>({
    title: 'A list holds something else than strings',
    exit: 2,
    message: ({ keyword }) => `The JSON list of ${keyword} may hold strings only.`,
    hint: () => 'Put numbers, true, false and null in quotes.',
  }),
  SHELL_NOT_JSON: entry<{ text: string }>({
    title: 'SHELL needs a JSON list',
    exit: 2,
    message: ({ text }) => `\`${text}\` is no JSON list of strings.`,
    hint: () => 'Write SHELL ["/bin/bash", "-c"], with double quotes.',
  }),
  HEREDOC_UNTERMINATED: entry<{ name: string }>({
    title: 'A heredoc does not end',
    exit: 2,
    message: ({ name }) => `No line after this one is "${name}" and nothing else.`,
    hint: ({ name }) =>
      /^[\w.-]+$/.test(name)
        ? `The line that ends it holds the delimiter alone, without blanks around it; <<-${name} allows tabs before it.`
        : 'The delimiter reaches up to the next blank: put one before what follows it.',
  }),
  HEREDOC_AS_DESTINATION: entry<{ keyword: string }>({
    title: 'A heredoc cannot be the destination',
    exit: 2,
    message: ({ keyword }) => `The last argument of ${keyword} says where to put files; a heredoc is a file.`,
  }),
  STAGE_NAME_INVALID: entry<{ name: string }>({
    title: 'The name of a stage is not valid',
    exit: 2,
    message: ({ name }) => `"${name}" cannot be the name of a stage.`,
    hint: () => 'Names begin with a letter and hold letters, digits, "-", "_" and ".".',
  }),
  PAIR_INCOMPLETE: entry<{ keyword: string; word: string }>({
    title: 'A name lacks its value',
    exit: 2,
    message: ({ keyword, word }) => `"${word}" of ${keyword} has no "=".`,
    hint: () => 'Write name=value, and put quotes around values with blanks.',
  }),
  NAME_BLANK: entry<{ keyword: string }>({
    title: 'A name is blank',
    exit: 2,
    message: ({ keyword }) => `${keyword} needs a name before "=".`,
  }),
  VOLUME_EMPTY: entry<Record<string, never>>({
    title: 'A volume has no path',
    exit: 2,
    message: () => 'A path of VOLUME is empty.',
  }),
  HEALTHCHECK_TYPE_UNKNOWN: entry<{ type: string }>({
    title: 'There is no such kind of health check',
    exit: 2,
    message: ({ type }) => `HEALTHCHECK is followed by CMD or NONE, not by "${type}".`,
  }),
  DURATION_INVALID: entry<{ text: string; reason: string }>({
    title: 'A duration is not valid',
    exit: 2,
    message: ({ text, reason }) => `"${text}" is no duration: ${reason}.`,
    hint: () => 'Write 30s, 1m30s, 500ms.',
  }),
  ONBUILD_FORBIDDEN: entry<{ keyword: string }>({
    title: 'ONBUILD does not take this instruction',
    exit: 2,
    message: ({ keyword }) => `${keyword} cannot be a trigger.`,
  }),
  TRIGGER_NOT_SINGLE: entry<{ text: string }>({
    title: 'A trigger of the base image is not one instruction',
    exit: 2,
    message: ({ text }) => `The ONBUILD trigger \`${text}\` holds more than one instruction.`,
  }),
  MOUNT_INVALID: entry<{ reason: string; nearest?: string | undefined }>({
    title: 'A mount is not valid',
    exit: 2,
    message: ({ reason }) => `The mount was not understood: ${reason}.`,
    hint: ({ nearest }) => (nearest ? `Did you mean "${nearest}"?` : undefined),
  }),
  EXPANSION_INVALID: entry<{ text: string; reason: string }>({
    title: 'A variable is not written correctly',
    exit: 2,
    message: ({ text, reason }) => `\`${text}\` cannot be expanded: ${reason}.`,
    hint: () => 'To mean a dollar sign or a quote itself, put the escape character before it.',
  }),
  VARIABLE_REQUIRED: entry<{ name: string; text: string; nearest?: string | undefined }>({
    title: 'A variable that must have a value has none',
    exit: 2,
    message: ({ name, text }) => `${name}: ${text}`,
    hint: ({ name, nearest }) =>
      nearest ? `Did you mean "${nearest}"?` : `Give it with ARG ${name}=… or --build-arg ${name}=….`,
  }),
  PATTERN_MALFORMED: entry<{ pattern: string; reason: string }>({
    title: 'A path pattern is not valid',
    exit: 2,
    message: ({ pattern, reason }) => `"${pattern}" is no pattern: ${reason}.`,
    hint: () => 'To mean such a character itself, write it as \\[ or [[].',
  }),
  IGNORE_RULE_INVALID: entry<{ line: string; reason: string }>({
    title: 'A line of the ignore file is not valid',
    exit: 2,
    message: ({ line, reason }) => `"${line}" is no rule: ${reason}.`,
  }),
  SIGNAL_INVALID: entry<{ text: string; nearest?: string | undefined }>({
    title: 'There is no such signal',
    exit: 2,
    message: ({ text }) => `"${text}" is neither the name nor the number of a signal.`,
    hint: ({ nearest }) => (nearest ? `Did you mean SIG${nearest}?` : 'Write SIGTERM, TERM or 15.'),
  }),
  PORT_INVALID: entry<{ text: string; reason: string }>({
    title: 'A port is not valid',
    exit: 2,
    message: ({ text, reason }) => `"${text}" cannot be exposed: ${reason}.`,
    hint: () => 'Write 80, 53/udp or 8000-8010.',
  }),
  CHMOD_INVALID: entry<{ text: string; reason: string }>({
    title: 'A file mode is not valid',
    exit: 2,
    message: ({ text, reason }) => `"${text}" is no mode: ${reason}.`,
    hint: () => 'Write 755, 0644 or u=rwX,go=rX.',
  }),
  TARGET_UNKNOWN: entry<{ target: string; known: readonly string[]; nearest?: string }>({
    title: 'There is no such target stage',
    exit: 2,
    message: ({ target }) => `No stage is called "${target}".`,
    hint: ({ known, nearest }) =>
      nearest
        ? `Did you mean "${nearest}"?`
        : known.length > 0
          ? `The stages are: ${known.join(', ')}.`
          : 'No stage of this Dockerfile has a name.',
  }),
  NOT_YET_SUPPORTED: entry<{ what: string; hint?: string }>({
    title: 'This part of the Dockerfile language is not carried out yet',
    exit: 2,
    message: ({ what }) => `${what} is understood but not carried out yet.`,
    hint: ({ hint }) => hint,
  }),
  BASE_NAME_EMPTY: entry<{ text: string; unset: readonly string[]; left?: string }>({
    title: 'FROM names no image',
    exit: 2,
    message: ({ text, left }) =>
      left
        ? `"${text}" is "${left}" once its variables are put in, which is no name.`
        : `"${text}" is empty once its variables are put in.`,
    hint: ({ unset: [name] }) =>
      name === undefined
        ? undefined
        : `Declare it before the first FROM: ARG ${name}=…, or give --build-arg ${name}=….`,
  }),
  PLATFORM_EMPTY: entry<{ text: string }>({
    title: 'FROM --platform names no platform',
    exit: 2,
    message: ({ text }) => `"${text}" is empty once its variables are put in.`,
    hint: () => 'Only args declared before the first FROM, and $TARGETPLATFORM and its kind, can stand there.',
  }),
  STAGE_NOT_ABOVE: entry<{ from: string; why: 'absent' | 'itself' | 'later'; stages: number }>({
    title: 'A COPY reads from a stage that is not there yet',
    exit: 2,
    message: ({ from, why, stages }) =>
      why === 'itself'
        ? `--from=${from} is the very stage it stands in.`
        : why === 'later'
          ? `The stage "${from}" comes only after this one.`
          : `There is no stage ${from}: ${stages === 1 ? 'the only one is 0' : `they go from 0 to ${stages - 1}`}.`,
    hint: ({ why }) => (why === 'later' ? 'Move that stage above this one.' : undefined),
  }),
  COPY_SOURCE_REMOTE: entry<{ source: string }>({
    title: 'COPY reads files of the context, not addresses',
    exit: 2,
    message: ({ source }) => `"${source}" is an address.`,
    hint: () => 'Use ADD to fetch it.',
  }),
  IMAGES_CIRCULAR: entry<{ names: readonly string[] }>({
    title: 'Images are built from one another in a circle',
    exit: 2,
    message: ({ names }) => `${names.join(' needs ')}.`,
  }),
  IMAGE_NOT_IN_RUN: entry<{ name: string; known: readonly string[] }>({
    title: 'A context names an image that is not built here',
    exit: 2,
    message: ({ name }) => `There is no image "${name}" in this build.`,
    hint: ({ known }) => `There are: ${known.join(', ')}.`,
  }),
  CHECKS_FAILED: entry<{ lines: readonly string[] }>({
    title: 'The Dockerfile does not pass its checks',
    exit: 2,
    message: ({ lines }) => lines.join('\n'),
    hint: () => 'It asks for this itself, with `# check=error=true` or BUILDKIT_DOCKERFILE_CHECK.',
  }),
};
