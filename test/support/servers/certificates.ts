/** A certificate authority of our own, made by openssl. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePackages } from '../packages.ts';
import { run } from '../process.ts';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority {
  /** The authority's own certificate: what a client must trust. */
  readonly caFile: string;
  /** The same as `ca.crt` in a directory of its own, as `skopeo --src-cert-dir` and podman want it. */
  readonly certDir: string;
  /** Issues a certificate for a server (its names and addresses) or a client. */
  issue(name: string, use: { readonly hosts: readonly string[] } | 'client'): Promise<Certificate>;
  /** Makes a certificate it has issued one that ended yesterday. */
  expire(certificate: Certificate): Promise<void>;
}

const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];

/** Makes an authority whose files live in `directory`. */
export async function makeAuthority(directory: string): Promise<Authority> {
  await ensurePackages(['openssl']);
  await mkdir(directory, { recursive: true });
  const caFile = join(directory, 'ca.crt');
  const caKey = join(directory, 'ca.key');
  await selfSigned({ certFile: caFile, keyFile: caKey }, 'strake test authority', [
    'basicConstraints=critical,CA:TRUE',
    'keyUsage=critical,keyCertSign,cRLSign',
  ]);
  const certDir = join(directory, 'certs.d');
  await mkdir(certDir);
  await copyFile(caFile, join(certDir, 'ca.crt'));
  return {
    caFile,
    certDir,
    issue: async (name, use) => {
      const files = { certFile: join(directory, `${name}.crt`), keyFile: join(directory, `${name}.key`) };
      const extensions =
        use === 'client'
          ? ['extendedKeyUsage=clientAuth']
          : ['extendedKeyUsage=serverAuth', `subjectAltName=${use.hosts.map(altName).join(',')}`];
      await certify(
        files,
        name,
        ['basicConstraints=critical,CA:FALSE', ...extensions],
        ['-CA', caFile, '-CAkey', caKey],
      );
      return files;
    },
    expire: async ({ certFile, keyFile }) => {
      const [config, asked] = [`${certFile}.cnf`, `${certFile}.csr`];
      await run(['openssl', 'req', '-new', '-config', config, '-key', keyFile, '-out', asked]);
      const issuer = ['-CA', caFile, '-CAkey', caKey, '-set_serial', '1', '-days', '-1'];
      const extensions = ['-extfile', config, '-extensions', 'extensions'];
      await run(['openssl', 'x509', '-req', '-in', asked, ...issuer, ...extensions, '-out', certFile]);
    },
  };
}

/** A pair of key (RSA, as token signing wants it) and certificate that trusts itself. */
export async function makeSigner(directory: string, name: string): Promise<Certificate> {
  await ensurePackages(['openssl']);
  const files = { certFile: join(directory, `${name}.crt`), keyFile: join(directory, `${name}.key`) };
  const subject = ['-subj', `/CN=${name}`, '-keyout', files.keyFile, '-out', files.certFile];
  await run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', ...subject]);
  return files;
}

async function selfSigned(files: Certificate, name: string, extensions: readonly string[]): Promise<void> {
  await certify(files, name, extensions, []);
}

async function certify(
  files: Certificate,
  name: string,
  extensions: readonly string[],
  issuer: readonly string[],
): Promise<void> {
  // openssl's own default configuration makes every self-made certificate an authority.
  const config = `${files.certFile}.cnf`;
  const lines = [
    '[req]',
    'distinguished_name=subject',
    'x509_extensions=extensions',
    'prompt=no',
    '[subject]',
    `CN=${name}`,
  ];
  await writeFile(config, [...lines, '[extensions]', ...extensions, ''].join('\n'));
  const outputs = ['-keyout', files.keyFile, '-out', files.certFile];
  await run(['openssl', 'req', '-x509', '-config', config, ...elliptic, ...issuer, ...outputs]);
}

const altName = (host: string): string => (/^[\d.]+$|:/.test(host) ? `IP:${host}` : `DNS:${host}`);

/** Key and certificate as a TLS server of node wants them. */
export async function readCertificate(files: Certificate): Promise<{ cert: string; key: string }> {
  return { cert: await readFile(files.certFile, 'utf8'), key: await readFile(files.keyFile, 'utf8') };
}
