import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';

interface Operation {
  readonly requestBody?: {
    readonly content: Record<string, { readonly example?: object }>;
  };
  readonly responses: Record<string, { readonly content?: Record<string, { schema: object }> }>;
}

export interface OpenApiDocument {
  readonly [key: string]: unknown;
  readonly paths: Record<string, Record<string, Operation>>;
}

/** Holds answers against the document that the server gives of itself. */
export class OpenApi {
  readonly document: OpenApiDocument;
  private readonly ajv = new Ajv2020({ strict: false, formats: { 'date-time': isDateTime } });
  private readonly validators = new Map<object, ValidateFunction>();

  constructor(document: OpenApiDocument) {
    this.document = document;
  }

  static async of(server: FastifyInstance): Promise<OpenApi> {
    return new OpenApi((await server.inject('/openapi.json')).json());
  }

  operation(method: string, route: string): Operation {
    const path = route.replace(/:(\w+)/g, '{$1}');
    const operation = this.document.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`${method} ${path} is not in the document`);
    return operation;
  }

  /** Why this is no answer that the document promises; null when it is. */
  fault(method: string, route: string, answer: LightMyRequestResponse): string | null {
    const { statusCode } = answer;
    const promised = this.operation(method, route).responses[String(statusCode)];
    if (promised === undefined) return `${statusCode} is not among its answers`;
    const type = String(answer.headers['content-type']).split(';')[0] ?? '';
    const schema = promised.content?.[type]?.schema;
    if (schema === undefined) return `${statusCode} in ${type}`;
    if (type === 'text/plain') return null;
    const validate = this.validators.get(schema) ?? this.ajv.compile(schema);
    this.validators.set(schema, validate);
    return validate(answer.json()) ? null : this.ajv.errorsText(validate.errors);
  }
}

function isDateTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));
}
