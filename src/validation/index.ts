/**
 * The client role: who asks a HyperMesh cluster and believes no single node of it. Floor 5. This
 * door is what other programs import; inside this one, files are named directly.
 *
 * - `ValidationClient` speaks the replicas' own protocol and collects their votes itself.
 * - `HttpValidator` asks nodes over HTTP, fails over between them and checks what each one brings.
 * - `submitMany` asks for many subjects of one node under few signatures.
 * - `wire/` is the same question and answer as JSON over HTTP (contract §4): schemas, and pure
 *   functions between bodies, operation bytes and certified answers.
 *
 * Invariants
 *
 * - An answer counts by its certificate, checked against validators the asker knew beforehand;
 *   whoever passed it on adds nothing to it.
 * - A body and its operation stand for each other byte for byte: what the requester signed is what
 *   is ordered.
 */
export { EpochChain } from '../ledger/epoch-chain.ts';
export { nopOperation, validateBatchOperation, validateOperation } from '../ledger/operation.ts';
export type { OperationResult, ValidationResult } from '../ledger/result.ts';
export { checkCertifiedAnswer } from '../pbft/certified-answer.ts';
export { requestDigest } from '../pbft/envelope.ts';
export { NodeProver, type NodeProverOptions } from '../prover/node-prover.ts';
export { RequestBatcher, type RequestBatcherOptions } from '../prover/request-batcher.ts';
export type { CertifiedAnswer, Validator, ValidatorOutcome } from '../runtime/validator.ts';
export { ValidationClient, type ValidationOptions } from './client.ts';
export {
  HttpValidator,
  type HttpValidatorOptions,
  type HttpValidatorStatistics,
} from './http-client.ts';
export type { EndpointStatistics } from './http-endpoint.ts';
export {
  type EndpointFault,
  type Fault,
  type FaultKind,
  NoAnswer,
  type NoAnswerCode,
} from './http-fault.ts';
export { type HttpPolicy, httpPolicies } from './http-policy.ts';
export type { CertifiedResult } from './http-result.ts';
export type { HttpAnswer, HttpQuestion, HttpTransport } from './http-transport.ts';
export { rememberVotes } from './remembered-votes.ts';
export { localhostRetryPolicy, productionRetryPolicy, type RetryPolicy } from './retry-policy.ts';
export { type Asker, type SubjectOutcome, submitMany } from './submit-many.ts';
export {
  batchBodySchema,
  type CertificateBody,
  certificateBodyOf,
  certificateBodySchema,
  certificateOperation,
} from './wire/certificate-body.ts';
export {
  operationAnswerSchema,
  operationBodySchema,
  termsSchema,
  validatorsSchema,
} from './wire/cluster-answers.ts';
export {
  assetSubject,
  type FourProofBody,
  fourProofBodySchema,
  fourProofOperation,
} from './wire/four-proof-body.ts';
export { problemSchema } from './wire/problem.ts';
export { echoRequirements, toleratesFaults } from './wire/requirements-json.ts';
export { certifiedFromJson, certifiedToJson } from './wire/result-certificate-json.ts';
export {
  batchAnswerSchema,
  decidedResult,
  undecidedResult,
  type ValidationResultJson,
  validationResultSchema,
} from './wire/validation-result.ts';
