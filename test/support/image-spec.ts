/** The JSON schemas of the OCI image specification, as Debian packages them, applied by Python's jsonschema. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedDirectory } from './cache.ts';
import { debianRelease, unpackPackages } from './debian-archive.ts';
import { blobFile } from './oci-layout.ts';
import { isIndexType, type Descriptor, type Index, type Manifest } from './oci-types.ts';
import { ensurePackages } from './packages.ts';
import { run } from './process.ts';

/** Debian packages the check stands on. */
export const schemaPackages = ['python3-jsonschema'] as const;

/** One file of an image and the schema it is held against. */
interface Checked {
  readonly schema: 'image-layout' | 'image-index' | 'image-manifest' | 'config';
  readonly file: string;
}

/** Schemas refer to one another by addresses that nobody serves: the last part is the name of the file. */
const script = `
import json, sys
from jsonschema import Draft4Validator, RefResolver
folder, *pairs = sys.argv[1:]
def schema(name):
    with open(folder + "/" + name) as text: return json.load(text)
load = lambda address: schema(address.split("#")[0].rsplit("/", 1)[-1])
for pair in pairs:
    name, file = pair.split("=", 1)
    rules = schema(name + "-schema.json")
    resolver = RefResolver(rules["id"], rules, handlers={"https": load})
    with open(file) as text: value = json.load(text)
    for error in Draft4Validator(rules, resolver=resolver).iter_errors(value):
        print(file.rsplit("/", 1)[-1], name, "/".join(map(str, error.absolute_path)), error.message)
`;

async function schemaFolder(): Promise<string> {
  const { codename } = await debianRelease();
  const name = 'golang-github-opencontainers-image-spec-dev';
  const directory = await cachedDirectory(`image-spec-${codename}-1`, (draft) => unpackPackages([name], draft));
  return join(directory, 'usr/share/gocode/src/github.com/opencontainers/image-spec/schema');
}

/** What the schemas have to say against an OCI layout: its own files, every index, manifest and config. A line each. */
export async function schemaComplaints(layout: string): Promise<string[]> {
  await ensurePackages(schemaPackages);
  const checked: Checked[] = [
    { schema: 'image-layout', file: join(layout, 'oci-layout') },
    { schema: 'image-index', file: join(layout, 'index.json') },
  ];
  const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')) as Index;
  for (const descriptor of manifests) checked.push(...(await below(layout, descriptor)));
  const pairs = checked.map(({ schema, file }) => `${schema}=${file}`);
  const { stdout } = await run(['/usr/bin/python3', '-W', 'ignore', '-c', script, await schemaFolder(), ...pairs]);
  return stdout.split('\n').filter((line) => line !== '');
}

async function below(layout: string, descriptor: Descriptor): Promise<Checked[]> {
  const file = blobFile(layout, descriptor.digest);
  const content = JSON.parse(await readFile(file, 'utf8')) as Index | Manifest;
  if (!isIndexType(descriptor.mediaType)) {
    const { config } = content as Manifest;
    return [
      { schema: 'image-manifest', file },
      { schema: 'config', file: blobFile(layout, config.digest) },
    ];
  }
  const found: Checked[] = [{ schema: 'image-index', file }];
  for (const child of (content as Index).manifests) found.push(...(await below(layout, child)));
  return found;
}
