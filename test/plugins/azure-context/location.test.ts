import { describe, expect, test } from 'vitest';
import { azureContext } from '../../../plugins/azure-context/index.ts';
import { isBlobAddress, parseAzureLocation } from '../../../plugins/azure-context/location.ts';

describe('addresses that are Azure’s', () => {
  test.each([
    'https://account.blob.core.windows.net/c/b',
    'https://account.blob.core.chinacloudapi.cn/c/b',
    'https://account.blob.core.cloudapi.de/c/b',
    'https://account.blob.core.usgovcloudapi.net/c/b',
    'https://account-secondary.blob.core.windows.net/c/b',
    'https://account.z01.blob.storage.azure.net/c/b',
    'HTTPS://Account.Blob.Core.Windows.Net/c/b?sig=x',
  ])('%s', (location) => {
    expect(isBlobAddress(location)).toBe(true);
  });

  test.each([
    'https://account.blob.core.windows.net.evil.example/c/b',
    'https://evil.example/account.blob.core.windows.net/c/b',
    'https://account.blob.core.windows.net@evil.example/c/b',
    'https://me:pw@account.blob.core.windows.net/c/b',
    'https://a.b.blob.core.windows.net/c/b',
    'https://xblob.core.windows.net/c/b',
    'https://account.blob.core.windows.net:8443/c/b',
    'http://account.blob.core.windows.net/c/b',
    'https://host.example/app.tar.gz',
    'no address',
  ])('not %s', (location) => {
    expect(isBlobAddress(location)).toBe(false);
    const [source] = azureContext().contexts!;
    expect(source!.takes!({ location, scheme: 'https' })).toBe(false);
  });

  test('and that of the options, below its path', () => {
    const endpoint = 'http://127.0.0.1:10000/devstoreaccount1';
    expect(isBlobAddress('http://127.0.0.1:10000/devstoreaccount1/c/b', endpoint)).toBe(true);
    expect(isBlobAddress('http://127.0.0.1:10000/devstoreaccount12/c/b', endpoint)).toBe(false);
    expect(isBlobAddress('http://127.0.0.1:10001/devstoreaccount1/c/b', endpoint)).toBe(false);
  });
});

describe('parts', () => {
  test('of an address', () => {
    expect(parseAzureLocation('https://acc.blob.core.windows.net/ctr/a/b%20c')).toEqual({
      account: 'acc',
      container: 'ctr',
      blob: 'a/b c',
      service: 'https://acc.blob.core.windows.net',
      pinned: [],
    });
  });

  test('azblob:// leaves the service open', () => {
    expect(parseAzureLocation('azblob://acc/ctr/a/b.tar')).toEqual({
      account: 'acc',
      container: 'ctr',
      blob: 'a/b.tar',
      pinned: [],
    });
  });

  test('a blob of the root container', () => {
    expect(parseAzureLocation('https://acc.blob.core.windows.net/b.tar')).toMatchObject({
      container: '$root',
      blob: 'b.tar',
    });
  });

  test('an emulator’s account is in the path', () => {
    const endpoint = 'http://127.0.0.1:10000/devstoreaccount1/';
    expect(parseAzureLocation('http://127.0.0.1:10000/devstoreaccount1/ctr/b', endpoint)).toMatchObject({
      account: 'devstoreaccount1',
      container: 'ctr',
      blob: 'b',
      service: 'http://127.0.0.1:10000/devstoreaccount1',
    });
  });

  test('a SAS is a secret, kept as it is written; a snapshot is not', () => {
    const query = 'sv=2021&SR=b&sig=a%2Bb%3D&snapshot=2024-01-01T00:00:00.0000000Z&se=2024-01-01';
    const { sas, pinned } = parseAzureLocation(`azblob://acc/ctr/b?${query}`);
    expect(String(sas)).toBe('***');
    expect(sas!.reveal()).toBe('sv=2021&SR=b&sig=a%2Bb%3D&se=2024-01-01');
    expect(pinned).toEqual([['snapshot', '2024-01-01T00:00:00.0000000Z']]);
  });

  test.each([
    ['azblob://acc/ctr/', 'names no blob'],
    ['azblob://acc/ctr/a/', 'names no blob'],
    ['azblob://Acc/ctr/b', 'no name of an account'],
    ['azblob://acc/Ctr/b', 'no name of a container'],
    ['azblob://acc/ctr/%zz', 'escaped in a wrong way'],
    ['azblob://acc/ctr/b?sv=secret', 'no signature'],
    ['azblob://acc/ctr/b?x=secret&sig=secret', 'nothing is known of "x"'],
    ['azblob://acc/ctr/b?sig=secret#secret', 'written %23'],
    ['azblob://secret@acc/ctr/b', 'it has a user'],
  ])('%s is refused, and nothing secret is shown', (text, reason) => {
    expect(() => parseAzureLocation(text)).toThrow(reason);
    expect(() => parseAzureLocation(text)).not.toThrow('secret');
  });
});
