import type { JsonSchema } from './format.ts';
import { scenarioFormat } from './scenario-format.ts';

/**
 * JSON Schema (2020-12) of one document of a scenario file, for editors. Made from the declaration
 * the parser reads by. Only the parser knows the rules that span several keys.
 */
export const scenarioSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'HyperMesh scenario',
  ...scenarioFormat.schema,
};
