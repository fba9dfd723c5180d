import { generate } from 'selfsigned';

/** A certificate and its key, in PEM, as Node.js takes them. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Whom a certificate is for. */
export interface Subject {
  readonly commonName: string;
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  readonly uris?: readonly string[];
}

type Extensions = NonNullable<NonNullable<Parameters<typeof generate>[1]>['extensions']>;

const HOUR_MS = 3_600_000;

/** Elliptic curves, since they take a millisecond where RSA takes a hundred. */
const options = () =>
  ({
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - HOUR_MS),
    notAfterDate: new Date(Date.now() + 24 * HOUR_MS),
  }) as const;

/**
 * Issues certificates for tests. Everything is made when it is needed, so that no key stands in the
 * repository, and nothing runs out one day.
 */
export class CertificateAuthority {
  /** What to trust, to trust whatever this one has issued. */
  readonly cert: string;
  readonly #key: string;

  private constructor({ cert, key }: IssuedCertificate) {
    this.cert = cert;
    this.#key = key;
  }

  static async create(commonName = 'kv test authority'): Promise<CertificateAuthority> {
    const extensions: Extensions = [{ name: 'basicConstraints', cA: true, critical: true }];
    const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
      ...options(),
      extensions,
    });
    return new CertificateAuthority({ cert, key });
  }

  async issue(subject: Subject): Promise<IssuedCertificate> {
    const { cert, private: key } = await generate(
      [{ name: 'commonName', value: subject.commonName }],
      {
        ...options(),
        ca: { cert: this.cert, key: this.#key },
        extensions: [{ name: 'basicConstraints', cA: false }, ...altNames(subject)],
      },
    );
    return { cert, key };
  }

  /** A certificate for a server on this machine. */
  issueServer(commonName = 'localhost'): Promise<IssuedCertificate> {
    return this.issue({ commonName, dns: ['localhost'], ips: ['127.0.0.1', '::1'] });
  }
}

function altNames({ dns = [], ips = [], uris = [] }: Subject): Extensions {
  const names = [
    ...dns.map((value) => ({ type: 2 as const, value })),
    ...ips.map((ip) => ({ type: 7 as const, ip })),
    ...uris.map((value) => ({ type: 6 as const, value })),
  ];
  return names.length === 0 ? [] : [{ name: 'subjectAltName', altNames: names }];
}
