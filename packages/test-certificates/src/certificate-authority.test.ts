import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { expect, test } from 'vitest';
import { CertificateAuthority } from './certificate-authority.js';

test('an authority issues what it alone vouches for', async () => {
  const [authority, other] = [
    await CertificateAuthority.create(),
    await CertificateAuthority.create(),
  ];
  const { cert, key } = await authority.issue({
    commonName: 'reporting',
    dns: ['reporting.test'],
    ips: ['127.0.0.1'],
    uris: ['spiffe://test/reporting'],
  });
  const issued = new X509Certificate(cert);
  expect(issued.subject).toBe('CN=reporting');
  expect(issued.subjectAltName).toBe(
    'DNS:reporting.test, IP Address:127.0.0.1, URI:spiffe://test/reporting',
  );
  expect(issued.ca).toBe(false);
  expect(issued.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
  expect(issued.verify(new X509Certificate(other.cert).publicKey)).toBe(false);
  expect(() => createSecureContext({ cert, key })).not.toThrow();
});

test('what it has issued is valid already, whatever the clocks say to the second', async () => {
  const { cert } = await (await CertificateAuthority.create()).issueServer();
  expect(new Date(new X509Certificate(cert).validFrom).getTime()).toBeLessThan(Date.now() - 60_000);
});
