import type { z } from 'zod';
import {
  answerFromJson,
  answerSchema,
  answerToJson,
  certificateFromJson,
  certificateSchema,
  certificateToJson,
} from '../../runtime/certificate-json.ts';
import { count } from '../../runtime/json-format.ts';
import type { CertifiedAnswer } from '../../runtime/validator.ts';

/**
 * `result_certificate`: a quorum's whole answer, which anybody can check with the validator set
 * alone (`checkCertifiedAnswer`).
 */
export const resultCertificateSchema = certificateSchema.extend({
  view: count.meta({ description: 'Information: no vote covers it' }),
  answer: answerSchema,
});

export type ResultCertificateJson = z.infer<typeof resultCertificateSchema>;

export function certifiedToJson({
  certificate,
  answer,
  view,
}: CertifiedAnswer): ResultCertificateJson {
  return { ...certificateToJson(certificate), view, answer: answerToJson(answer) };
}

export function certifiedFromJson(json: ResultCertificateJson): CertifiedAnswer {
  return {
    certificate: certificateFromJson(json),
    answer: answerFromJson(json.answer),
    view: json.view,
  };
}
