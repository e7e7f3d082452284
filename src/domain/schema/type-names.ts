/** The types of fields by every name that a platform may call them. */
import { type FieldType, fieldTypes } from './app-schema.ts'

export interface TypeMeaning {
  readonly type: FieldType
  /** The database makes the value. */
  readonly isReadOnly?: true
  readonly min?: number
}

const own = Object.fromEntries(fieldTypes.map((type) => [type, { type }])) as Readonly<
  Record<FieldType, TypeMeaning>
>

/** Fields of Django's models, then of Django REST Framework's serializers, then of its OPTIONS. */
const foreign = {
  CharField: { type: 'string' },
  TextField: { type: 'text' },
  SlugField: { type: 'string' },
  EmailField: { type: 'email' },
  URLField: { type: 'url' },
  UUIDField: { type: 'uuid' },
  GenericIPAddressField: { type: 'string' },
  IPAddressField: { type: 'string' },
  FilePathField: { type: 'string' },
  DurationField: { type: 'string' },
  IntegerField: { type: 'integer' },
  BigIntegerField: { type: 'integer' },
  SmallIntegerField: { type: 'integer' },
  PositiveIntegerField: { type: 'integer', min: 0 },
  PositiveBigIntegerField: { type: 'integer', min: 0 },
  PositiveSmallIntegerField: { type: 'integer', min: 0 },
  AutoField: { type: 'integer', isReadOnly: true },
  BigAutoField: { type: 'integer', isReadOnly: true },
  SmallAutoField: { type: 'integer', isReadOnly: true },
  FloatField: { type: 'float' },
  DecimalField: { type: 'decimal' },
  BooleanField: { type: 'boolean' },
  NullBooleanField: { type: 'boolean' },
  DateField: { type: 'date' },
  DateTimeField: { type: 'datetime' },
  TimeField: { type: 'time' },
  JSONField: { type: 'json' },
  ArrayField: { type: 'json' },
  HStoreField: { type: 'json' },
  ForeignKey: { type: 'relation' },
  OneToOneField: { type: 'relation' },
  ManyToManyField: { type: 'relations' },
  FileField: { type: 'file' },
  ImageField: { type: 'image' },

  RegexField: { type: 'string' },
  ChoiceField: { type: 'choice' },
  ListField: { type: 'json' },
  DictField: { type: 'json' },
  PrimaryKeyRelatedField: { type: 'relation' },

  regex: { type: 'string' },
  slug: { type: 'string' },
  list: { type: 'json' },
  'nested object': { type: 'json' },
  'file upload': { type: 'file' },
  'image upload': { type: 'image' },
} as const satisfies Readonly<Record<string, TypeMeaning>>

export type TypeName = FieldType | keyof typeof foreign

export const typeMeanings: Readonly<Record<TypeName, TypeMeaning>> = { ...own, ...foreign }
export const typeNames = Object.keys(typeMeanings) as TypeName[]
