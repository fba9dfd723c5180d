import type { Duplex } from 'node:stream';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { PeerTls } from '@kv/core';

/** What TLS says of the peer on a stream, once the handshake is done; undefined if there is no TLS. */
export function tlsPeerOf(stream: Duplex): PeerTls | undefined {
  if (!(stream instanceof TLSSocket)) return undefined;
  // The types do not say that there may be none.
  const certificate = stream.getPeerCertificate() as Partial<PeerCertificate> | null;
  const { fingerprint256, subject, subjectaltname } = certificate ?? {};
  // Node.js also calls a peer authorized that has no certificate and resumes an earlier session.
  const authorized = stream.authorized && fingerprint256 !== undefined;
  // Names that nobody vouches for are not told: they would be believed. A subject may have several
  // common names, which Node.js makes a list of; none of them is the one.
  const commonName = authorized ? subject?.CN : undefined;
  return {
    protocol: stream.getProtocol() ?? 'unknown',
    authorized,
    ...(typeof commonName === 'string' ? { commonName } : {}),
    altNames: authorized ? altNames(subjectaltname ?? '') : [],
    ...(fingerprint256 === undefined ? {} : { fingerprint256 }),
  };
}

/**
 * Takes apart what Node.js puts together: `DNS:a.example, URI:spiffe://example/a`. A name with a comma
 * or a quote in it stands as a JSON string, so that it cannot pass for several.
 */
function altNames(joined: string): string[] {
  const names = joined.matchAll(/(?:^|, )([^:,"]+:)(?:("(?:[^"\\]|\\.)*")|([^,"]*))/g);
  return Array.from(names, ([, kind = '', quoted, plain = '']) =>
    quoted === undefined ? kind + plain : kind + String(JSON.parse(quoted)),
  );
}
