/** Schemas of any size, all tables alike: twelve fields of the usual types, related in a chain. */
export interface ManyTables {
  readonly framework?: 'react' | 'vue'
  /** What the first field of the first table is called: with another, one table has changed. */
  readonly label?: string
  readonly locale?: string
}

/** The text of a `schema.json` with so many tables; the same every time. */
export function manyTables(
  count: number,
  { framework = 'react', label = 'Name', locale = 'en' }: ManyTables = {},
): string {
  const tables = Array.from({ length: count }, (_, index) => [
    nameTable(index),
    {
      display_name: `Items ${index + 1}`,
      fields: buildFields(nameTable(Math.max(0, index - 1)), index === 0 ? label : 'Name'),
    },
  ])
  return `${JSON.stringify({ framework, locale, tables: Object.fromEntries(tables) }, null, 2)}\n`
}

function nameTable(index: number): string {
  return `items_${String(index + 1).padStart(3, '0')}`
}

function buildFields(relatedTo: string, label: string): readonly object[] {
  return [
    { name: 'name', type: 'string', label, required: true, max_length: 120 },
    { name: 'email', type: 'email', label: 'E-mail', unique: true },
    { name: 'website', type: 'url', label: 'Website' },
    { name: 'notes', type: 'text', label: 'Notes' },
    { name: 'quantity', type: 'integer', label: 'Quantity', min: 0, max: 1000, default: 1 },
    { name: 'price', type: 'decimal', label: 'Price', decimal_places: 2 },
    { name: 'active', type: 'boolean', label: 'Active', default: true },
    { name: 'since', type: 'date', label: 'Since' },
    { name: 'seen_at', type: 'datetime', label: 'Seen', read_only: true },
    {
      name: 'status',
      type: 'choice',
      label: 'Status',
      choices: [
        ['new', 'New'],
        ['open', 'Open'],
        ['done', 'Done'],
      ],
      default: 'new',
    },
    { name: 'parent', type: 'relation', label: 'Belongs to', to: relatedTo },
    { name: 'related', type: 'relations', label: 'Related', to: relatedTo },
  ]
}
