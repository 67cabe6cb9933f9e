/**
 * TrustChain: a certificate authority that issues only on a quorum's certified answer.
 *
 * Floor 5. The order is policy → to-be-signed certificate (TBS₀) → proofs → lint → vote on its
 * digest → check of the answer → lint → intent on disk → precertificate in the log → SCT → lint →
 * signature → certificate on disk → out.
 *
 * Invariants:
 * - No certificate without a quorum's votes over a result that says *valid* of exactly this TBS₀:
 *   serial, names, key, life. The votes travel in the certificate; anyone can check them offline.
 * - The CA believes no replica and no client of replicas: it checks every answer itself.
 * - What the requester sends never throws: it is refused with a code and a reason.
 * - The root signs the intermediate and nothing else; the intermediate is confined to the names of
 *   the policy, and signs leaves, lists and OCSP answers.
 * - No revocation is told before it is on disk.
 * - Every signature follows a journal record of what is signed; after a crash the same is signed.
 * - The log (RFC 6962) has a certificate before the certificate exists, and each exactly once. An
 *   entry is durable and in the tree before its SCT is signed: the maximum merge delay is zero.
 *   Heads only grow. `add-chain` and `add-pre-chain` are not offered: the log is this authority's.
 * - Synchronous, with callbacks: the same authority runs in virtual time. Chance and time come in.
 *
 * Out of scope here: HTTP (room `http`), who the node behind a request is (room `ledger` decides).
 */
export * from './authority.ts';
export { CertificateStore, type IssuedCertificate } from './certificate-store.ts';
export { type CondemnationNotice, Condemnations } from './condemnations.ts';
export { type Condemned, forfeitedBy, restingOn } from './condemned.ts';
export {
  type ConsensusProof,
  decodeConsensusProof,
  defaultExtensionOid,
} from './consensus-extension.ts';
export { makeCsr, type ParsedCsr, parseCsr } from './csr.ts';
export {
  type Issuer,
  loadIssuer,
  makeIntermediate,
  makeIssuer,
  makeRoot,
  type Root,
} from './issuer.ts';
export * from './keys.ts';
export { tbs0Digest } from './leaf.ts';
export * from './leaf-profile.ts';
export * from './log/answers.ts';
export { type LogKey, logKey } from './log/log-key.ts';
export { type LogStorage, MemoryLogStorage } from './log/storage.ts';
export { DamagedLog, TransparencyLog } from './log/transparency-log.ts';
export { ocspRequestOfPath } from './ocsp-request.ts';
export { meshPolicy, type NamePolicy, policyFault } from './policy.ts';
export { type ProofFile, parseProofFile } from './proof-file.ts';
export { DamagedJournal } from './recovery.ts';
export type { Refusal, RefusalCode } from './refusal.ts';
export { type RenewalWish, renewalBytes } from './renewal.ts';
export {
  type Revocation,
  type RevocationAuthority,
  type RevocationOutcome,
  type RevocationReason,
  revocationBytes,
  revocationReasons,
} from './revocation.ts';
export type { Crl, RevocationDesk } from './revocation-desk.ts';
export { type ServiceUrls, serviceUrlsFault } from './service-urls.ts';
export { trustedEpochs, UntrustedValidators } from './trusted-epochs.ts';
export { parseValidatorsFile, type ValidatorsFile } from './validators-file.ts';
export * from './verify.ts';
