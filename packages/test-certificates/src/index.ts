export {
  CertificateAuthority,
  type IssuedCertificate,
  type Subject,
} from './certificate-authority.js';
