import { describe, expect, test } from 'vitest';
import { parseDockerfile, readMount, type Mount, type RunInstruction } from '../../core/dockerfile/index.ts';
import { splitCsv } from '../../core/dockerfile/mount-flag.ts';
import { sourceOf } from './reduce.ts';

function mount(text: string, expand = (value: string) => value): Mount {
  const { stages } = parseDockerfile(sourceOf(`FROM scratch\nRUN --mount=${text} x\n`));
  return readMount((stages[0]!.instructions[0] as RunInstruction).mounts[0]!, expand);
}

test.each<[string, Mount]>([
  ['target=/x', { type: 'bind', target: '/x', source: '/', readonly: true }],
  ['type=bind,dst=x,src=/a/b,from=s', { type: 'bind', target: 'x', source: '/a/b', from: 's', readonly: true }],
  ['target=/x,rw', { type: 'bind', target: '/x', source: '/', readonly: false }],
  ['target=/x,readwrite=false', { type: 'bind', target: '/x', source: '/', readonly: true }],
  ['target=/x,ro=0', { type: 'bind', target: '/x', source: '/', readonly: false }],
  ['target=/x,ro,rw', { type: 'bind', target: '/x', source: '/', readonly: false }],
  ['target=/x,rw,ro', { type: 'bind', target: '/x', source: '/', readonly: true }],
  ['TARGET=/x,TYPE=BIND', { type: 'bind', target: '/x', source: '/', readonly: true }],
  ['rw', { type: 'bind', target: '', source: '/', readonly: false }],
  ['type=cache,target=/c', { type: 'cache', target: '/c', sharing: 'shared', source: '/', readonly: false }],
  [
    'type=cache,destination=c,id=i,sharing=LOCKED,from=s,source=/z,mode=0750,uid=1,gid=2,ro',
    {
      type: 'cache',
      target: 'c',
      id: 'i',
      sharing: 'locked',
      source: '/z',
      from: 's',
      readonly: true,
      mode: 0o750,
      uid: 1,
      gid: 2,
    },
  ],
  ['type=tmpfs,target=/t', { type: 'tmpfs', target: '/t' }],
  ['type=tmpfs,target=/t,size=64m', { type: 'tmpfs', target: '/t', size: 67_108_864 }],
  ['type=secret,id=s', { type: 'secret', id: 's', target: '/run/secrets/s', required: false }],
  ['type=secret,id=a/s', { type: 'secret', id: 'a/s', target: '/run/secrets/s', required: false }],
  ['type=secret,target=/etc/key', { type: 'secret', id: 'key', target: '/etc/key', required: false }],
  ['type=secret,source=s,env=E', { type: 'secret', id: 's', env: 'E', required: false }],
  ['type=secret,id=s,env=E,target=/t', { type: 'secret', id: 's', env: 'E', target: '/t', required: false }],
  [
    'required,type=secret,id=s,mode=400,uid=0,gid=0',
    { type: 'secret', id: 's', target: '/run/secrets/s', required: true, mode: 0o400, uid: 0, gid: 0 },
  ],
  ['type=ssh', { type: 'ssh', id: 'default', required: false }],
  [
    'type=ssh,id=k,target=/s,required=true,mode=0666,uid=9',
    { type: 'ssh', id: 'k', target: '/s', required: true, mode: 0o666, uid: 9 },
  ],
])('%s', (text, expected) => {
  expect(mount(text)).toEqual(expected);
});

test('values are expanded, from is not', () => {
  const expand = (value: string): string => value.replaceAll('$T', '/tmp');
  expect(mount('type=cache,target=$T/x,id=$T,from=a$', expand)).toMatchObject({
    target: '/tmp/x',
    id: '/tmp',
    from: 'a$',
  });
});

test.each([
  ['target=/x,mode=755', '"mode" is no option of a mount of type bind'],
  ['type=tmpfs,target=/x,uid=1', '"uid" is no option of a mount of type tmpfs'],
  ['target=/x,size=1', '"size" is no option of a mount of type bind'],
  ['type=cache,target=/x,required', '"required" is no option of a mount of type cache'],
  ['type=ssh,env=X', '"env" is no option of a mount of type ssh'],
  ['target=/x,sharing=shared', '"sharing" is no option of a mount of type bind'],
  ['type=cache,target=/x,sharing=loked', '"loked" is no way of sharing a cache'],
  ['type=cache,target=/x,mode=9', '"mode" cannot be "9"'],
  ['type=cache,target=/x,mode=10000', '"mode" cannot be "10000"'],
  ['type=cache,target=/x,uid=a', '"uid" cannot be "a"'],
  ['type=cache,target=/x,gid=-1', '"gid" cannot be "-1"'],
  ['target=/x,ro=yes', '"readonly" is true or false, not "yes"'],
  ['type=tmpfs,target=/x,size=big', '"big" is no size'],
  ['type=secret', 'a secret needs "id" or "target"'],
  ['type=secret,id=a,source=b', '"source" and "id" of a secret are the same thing'],
  ['type=secret,id=a,from=b', 'a secret comes from outside the build'],
  ['type=ssh,source=a', 'an ssh mount has no "source"'],
])('%s is refused', (text, reason) => {
  expect(() => mount(text)).toThrow(
    expect.objectContaining({ code: 'MOUNT_INVALID', message: expect.stringContaining(reason) as unknown }) as Error,
  );
});

test('a slip in the way of sharing brings a suggestion', () => {
  expect(() => mount('type=cache,target=/x,sharing=loked')).toThrow(
    expect.objectContaining({ hint: 'Did you mean "locked"?' }) as Error,
  );
});

describe('comma-separated values', () => {
  test.each<[string, string[] | string]>([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    ['a,,b,', ['a', '', 'b', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"a""b"', ['a"b']],
    ['"",a', ['', 'a']],
    [' a, b', [' a', ' b']],
    ['', 'it is empty'],
    ['a"b', 'a quote stands inside a field; quote the whole field'],
    ['"a', 'a quoted field does not end with a quote'],
    ['"a"b', 'a quoted field does not end with a quote'],
  ])('%j', (text, fields) => {
    expect(splitCsv(text)).toEqual(fields);
  });
});
