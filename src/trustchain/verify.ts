import { Certificate, type TBSCertificate } from '@peculiar/asn1-x509';
import { equalBytes, toHex } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';
import { ed25519, type SignatureScheme } from '../base/signature.ts';
import type { EpochChain } from '../ledger/epoch-chain.ts';
import { resultCertificateDigest } from '../pbft/certificates.ts';
import { checkCertifiedAnswer } from '../pbft/certified-answer.ts';
import type { Vote } from '../pbft/messages.ts';
import type { Reason } from '../pbft/reason.ts';
import { type CaCertificate, isSignedBy, readCaCertificate } from './ca-certificate.ts';
import { readSigned, readTbs } from './certificate-reader.ts';
import { type ConsensusProof, decodeConsensusProof } from './consensus-extension.ts';
import { decisionMismatch, readDecision } from './decision.ts';
import { parseDer, toDer } from './der.ts';
import { serialName } from './issuance.ts';
import { readCaPem } from './issuer.ts';
import { importPublicKey, keyAlgorithmOf } from './keys.ts';
import { stripToTbs0, tbs0Digest } from './leaf.ts';
import { limits } from './limits.ts';
import { promisedTbs } from './log/precertificate.ts';
import { sctOf, verifySct } from './log/sct.ts';
import { fromCanonicalPems } from './pem.ts';
import { formatProofFile, parseProofFile } from './proof-file.ts';
import {
  chainOf,
  parseValidatorsFile,
  type ValidatorsFile,
  validatorSetHash,
} from './validators-file.ts';

export interface VerificationInput {
  /** The certificate, as `certificates/<serial>.pem` holds it; who signed it may follow. */
  readonly certificatePem: string;
  readonly validatorsJson: string;
  /** `proofs/<serial>.json`; needed only where the certificate does not carry the votes. */
  readonly proofJson: string | null;
  /** `ca.pem`, to check that its key is the one the validators file names. */
  readonly caPem: string | null;
  /** Milliseconds since 1970, to check that the certificate is in force; null: not asked. */
  readonly nowMs?: number | null;
  /** By default Ed25519, the only scheme whose signatures mean something outside a simulation. */
  readonly scheme?: SignatureScheme;
}

export interface VerificationCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What was found; where not ok, what is wrong. */
  readonly detail: string;
}

export interface Verification {
  readonly ok: boolean;
  /** In the order made; the first that fails ends the list. */
  readonly checks: readonly VerificationCheck[];
}

/** A check's end: thrown nowhere, returned to the top. */
type Outcome<T> =
  | { readonly ok: true; readonly detail: string; readonly value: T }
  | { readonly ok: false; readonly detail: string };

function passed<T>(detail: string, value: T): Outcome<T> {
  return { ok: true, detail, value };
}

function failed(detail: string): { readonly ok: false; readonly detail: string } {
  return { ok: false, detail };
}

/** A certificate taken apart, each byte of it accounted for. */
interface Opened {
  readonly der: Uint8Array;
  /** Certificates that follow in its file. */
  readonly above: readonly Uint8Array[];
  readonly tbs: TBSCertificate;
  readonly tbsDer: Uint8Array;
}

/**
 * Checks offline, from the validator set alone, that a quorum decided this very certificate. Any
 * changed byte of the certificate, the validators file or the proof file fails: what no signature
 * covers (PEM, JSON and DER spelling) must be in its one canonical form.
 */
export function verifyCertificate(input: VerificationInput): Verification {
  const checks: VerificationCheck[] = [];
  const take = <T>(name: string, outcome: Outcome<T>): T | null => {
    checks.push({ name, ok: outcome.ok, detail: outcome.detail });
    return outcome.ok ? outcome.value : null;
  };
  const done = (): Verification => ({ ok: checks.every(({ ok }) => ok), checks });

  // What costs little is asked first, signatures last.
  const trusted = take('validators file', openValidators(input));
  if (trusted === null) return done();
  const { file } = trusted;
  const { caPem, proofJson } = input;
  if (proofJson !== null && take('proof file', openProof(proofJson)) === null) return done();
  const ca = caPem === null ? null : take('CA certificate', openCa(caPem, file));
  if (ca === null && caPem !== null) return done();
  const opened = take('certificate encoding', openCertificate(input.certificatePem));
  if (opened === null) return done();
  if (opened.above.length > 0) {
    if (take('certificate chain', checkChain(opened, file, caPem)) === null) return done();
  }
  if (take('certificate signature', checkSignature(opened, file, ca)) === null) return done();
  const proof = take('consensus extension', readExtension(opened, trusted));
  if (proof === null) return done();
  const votes = take('votes', readVotes(proof, proofJson));
  if (votes === null) return done();
  if (proofJson !== null) {
    const outcome = checkProofFile(proofJson, opened, proof, votes);
    if (take('proof file content', outcome) === null) return done();
  }
  if (take('quorum', checkQuorum(proof, votes, trusted, input.scheme ?? ed25519)) === null)
    return done();
  if (take('decision', checkDecision(opened, proof, file)) === null) return done();
  if (file.logPublicKey !== undefined) {
    const outcome = checkPromise(opened, file.logPublicKey, file.issuerPublicKey);
    if (take('log promise', outcome) === null) return done();
  }
  if (input.nowMs !== undefined && input.nowMs !== null) {
    take('in force', checkInForce(opened, input.nowMs));
  }
  return done();
}

/** The file, and the membership epochs that follow from it. */
interface Trusted {
  readonly file: ValidatorsFile;
  readonly chain: EpochChain;
}

function openValidators({ validatorsJson, scheme }: VerificationInput): Outcome<Trusted> {
  const parsed = parseValidatorsFile(validatorsJson);
  if (!parsed.ok) return failed(parsed.reason);
  const file = parsed.value;
  const chain = chainOf(file, scheme ?? ed25519);
  if (!chain.ok) return failed(chain.reason);
  const { publicKeys, epoch, chainId } = file.validators;
  const found = `${publicKeys.length} validators, cluster ${chainId.slice(0, 8)}, epoch ${epoch}`;
  const more = chain.value.changes.length;
  return passed(more === 0 ? found : `${found} and ${more} after it`, { file, chain: chain.value });
}

function openProof(text: string): Outcome<true> {
  const parsed = parseProofFile(text);
  return parsed.ok ? passed(`of serial ${parsed.value.serial}`, true) : failed(parsed.reason);
}

function openCa(pem: string, file: ValidatorsFile): Outcome<CaCertificate> {
  const ca = readCaPem(pem);
  if (ca === null) {
    return failed('not an intermediate and the root that signed it, in canonical PEM');
  }
  return equalBytes(ca.intermediate.publicKey, file.issuerPublicKey)
    ? passed("its intermediate's key is the one the validators file names", ca.intermediate)
    : failed("its intermediate's key is not the one the validators file names");
}

function openCertificate(pem: string): Outcome<Opened> {
  if (pem.length > 2 * limits.certificateBytes) return failed(`${pem.length} characters of PEM`);
  const [der, ...above] = fromCanonicalPems('CERTIFICATE', pem) ?? [];
  if (der === undefined) {
    return failed('not PEM blocks CERTIFICATE as RFC 7468 writes them (64 columns, newlines)');
  }
  const certificate = parseDer(Certificate, der);
  const raw = certificate?.tbsCertificateRaw;
  if (certificate === null || raw === undefined) return failed('not an X.509 certificate in DER');
  const { tbsCertificate: tbs } = certificate;
  const kinds = new Set((tbs.extensions ?? []).map(({ extnID }) => extnID));
  if (kinds.size !== (tbs.extensions ?? []).length) return failed('one extension twice');
  const serial = serialName(tbs.serialNumber);
  return passed(`serial ${serial}`, { der, above, tbs, tbsDer: new Uint8Array(raw) });
}

/** What follows the leaf in its file: who signed it, and perhaps the root. */
function checkChain({ above }: Opened, file: ValidatorsFile, caPem: string | null): Outcome<true> {
  const known = caPem === null ? null : fromCanonicalPems('CERTIFICATE', caPem);
  if (known !== null) {
    const isPart = above.every((der, i) => equalBytes(der, known[i] ?? new Uint8Array()));
    return isPart
      ? passed('of the CA certificate given', true)
      : failed('what follows the certificate is not of the CA certificate given');
  }
  const [intermediate = new Uint8Array(), root, more] = above;
  const signed = readSigned(intermediate);
  const key = signed === null ? undefined : readTbs(signed.toBeSigned)?.publicKey;
  if (key === undefined || !equalBytes(key, file.issuerPublicKey) || more !== undefined) {
    return failed('what follows the certificate is not who signed it, and perhaps the root');
  }
  if (root === undefined) return passed('who signed it; by whom that is signed is not asked', true);
  const top = readCaCertificate(root, null);
  return top !== null && readCaCertificate(intermediate, top) !== null
    ? passed('who signed it, and the root', true)
    : failed('what follows the certificate is no chain up to a root');
}

function checkSignature(
  { tbs, der }: Opened,
  file: ValidatorsFile,
  ca: CaCertificate | null,
): Outcome<true> {
  if (ca !== null && !equalBytes(ca.name, toDer(tbs.issuer))) {
    return failed("the CA certificate's name is not the certificate's issuer");
  }
  const publicKey = file.issuerPublicKey;
  const key = importPublicKey(publicKey);
  const algorithm = key === null ? null : keyAlgorithmOf(key);
  if (algorithm === null) return failed('the CA key is neither P-256 nor Ed25519');
  const by = `by the CA key ${toHex(sha256(publicKey)).slice(0, 16)}`;
  return isSignedBy(der, { publicKey, algorithm })
    ? passed(by, true)
    : failed(`not ${by} of the validators file, under its own algorithm`);
}

function readExtension({ tbs }: Opened, { file, chain }: Trusted): Outcome<ConsensusProof> {
  const found = tbs.extensions?.find(({ extnID }) => extnID === file.extensionOid);
  if (found === undefined) return failed(`no extension ${file.extensionOid}`);
  if (found.critical) return failed('the consensus extension is critical');
  const proof = decodeConsensusProof(new Uint8Array(found.extnValue.buffer));
  if (proof === null) return failed('the consensus extension is not readable');
  const { chainId } = file.validators;
  if (proof.clusterId !== chainId) {
    return failed(`of cluster ${proof.clusterId.slice(0, 8)}, not ${chainId.slice(0, 8)}`);
  }
  const { epoch } = proof.statement;
  if (chain.at(epoch) === null) return failed(`of epoch ${epoch}, which the file does not lead to`);
  if (proof.validatorSetHash !== validatorSetHash(file, chain, epoch)) {
    return failed('made for another validators file than this one');
  }
  const { sequence } = proof.statement;
  return passed(`cluster ${chainId.slice(0, 8)}, sequence ${sequence}, view ${proof.view}`, proof);
}

/** The votes from the certificate, or where it carries none, from the proof file. */
function readVotes(proof: ConsensusProof, proofJson: string | null): Outcome<readonly Vote[]> {
  let { votes } = proof;
  const where = votes === null ? 'proof file' : 'certificate';
  if (votes === null) {
    if (proofJson === null) return failed('the votes are in the proof file: give it too');
    const parsed = parseProofFile(proofJson);
    if (!parsed.ok) return failed(parsed.reason);
    votes = parsed.value.certificate.votes;
  }
  const hash = resultCertificateDigest({ statement: proof.statement, votes });
  return hash === proof.resultCertificateHash
    ? passed(`${votes.length} in the ${where}`, votes)
    : failed(`those in the ${where} are not the ones the certificate was issued on`);
}

function checkQuorum(
  proof: ConsensusProof,
  votes: readonly Vote[],
  { file, chain }: Trusted,
  scheme: SignatureScheme,
): Outcome<true> {
  if (file.scheme !== scheme.name) {
    return failed(`votes signed under scheme ${file.scheme}, which proves nothing outside its run`);
  }
  const epoch = chain.at(proof.statement.epoch);
  const outside = chain.rejectSequence(proof.statement);
  if (epoch === null || outside !== null) return failed(outside ?? '');
  const { validators, verify } = epoch;
  const certified = { certificate: { statement: proof.statement, votes }, answer: proof.answer };
  const asked = proof.answer.requestDigest;
  const problem: Reason | null = checkCertifiedAnswer(certified, asked, validators, verify);
  if (problem !== null) return failed(problem);
  const replicas = votes.map(({ replica }) => replica).join(', ');
  return passed(`replicas ${replicas} of ${validators.publicKeys.length} signed the result`, true);
}

function checkDecision(opened: Opened, proof: ConsensusProof, file: ValidatorsFile): Outcome<true> {
  const tbs0 = stripToTbs0(opened.tbsDer, file.extensionOid);
  if (tbs0 === null) return failed('the to-be-signed certificate is not in DER');
  const issuerKeyHash = toHex(sha256(file.issuerPublicKey));
  const read = readDecision(proof.answer, tbs0Digest(issuerKeyHash, tbs0));
  if (read.type === 'none') return failed(read.reason);
  const { requirements } = proof;
  const mismatch = decisionMismatch(read.decision, { tbs0, issuerKeyHash, requirements });
  if (mismatch !== null) return failed(mismatch);
  if (read.decision.status !== 'valid') return failed('the quorum decided: invalid');
  const at = read.decision.decidedAtMs;
  return passed(`valid, at ${new Date(at).toISOString()}, on this very certificate`, true);
}

/** RFC 6962 §3.2: the log that the file names has signed for this very certificate. */
function checkPromise(
  { tbsDer }: Opened,
  logPublicKey: Uint8Array,
  issuerPublicKey: Uint8Array,
): Outcome<true> {
  const sct = sctOf(tbsDer);
  const tbs = promisedTbs(tbsDer);
  if (sct === null || tbs === null) return failed('the certificate carries no SCT');
  const logId = toHex(sha256(logPublicKey));
  if (sct.logId !== logId) {
    return failed(`by log ${sct.logId.slice(0, 16)}, not ${logId.slice(0, 16)}`);
  }
  const issuerKeyHash = toHex(sha256(issuerPublicKey));
  if (!verifySct(logPublicKey, sct, { issuerKeyHash, tbs })) {
    return failed(`the SCT is not signed by log ${logId.slice(0, 16)} for this certificate`);
  }
  const at = new Date(sct.timestampMs).toISOString();
  return passed(`in the log ${logId.slice(0, 16)} since ${at}`, true);
}

/** There is one proof file to a certificate, and the certificate says how it reads. */
function checkProofFile(
  proofJson: string,
  { tbs }: Opened,
  proof: ConsensusProof,
  votes: readonly Vote[],
): Outcome<true> {
  const parsed = parseProofFile(proofJson);
  if (!parsed.ok) return failed(parsed.reason);
  const expected = formatProofFile({
    serial: serialName(tbs.serialNumber),
    clusterId: proof.clusterId,
    view: proof.view,
    validatorSetHash: proof.validatorSetHash,
    certificate: { statement: proof.statement, votes },
    answer: proof.answer,
  });
  return expected === proofJson
    ? passed('says what the certificate says', true)
    : failed('says something else than the certificate');
}

function checkInForce({ tbs }: Opened, nowMs: number): Outcome<true> {
  const { notBefore, notAfter } = tbs.validity;
  const from = notBefore.getTime();
  const to = notAfter.getTime();
  const life = `from ${from.toISOString()} to ${to.toISOString()}`;
  return nowMs >= from.getTime() && nowMs <= to.getTime() ? passed(life, true) : failed(life);
}
