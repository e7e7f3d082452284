/** The app's own words. What people named themselves (tables, fields, choices) is in the models. */

export type Messages = typeof en

const en = {
  skipToContent: 'Skip to content',
  menu: 'Menu',
  tables: 'Tables',
  breadcrumb: 'Where you are',
  findTable: 'Find a table',
  home: 'Home',
  homeIntro: 'What would you like to work on?',
  notFoundTitle: 'There is no such page',
  notFoundText: 'The address may be mistyped, or the page has moved.',
  backHome: 'Go to the start',

  search: 'Search',
  searchIn: (table: string) => `Search in ${table}`,
  clear: 'Clear',
  add: 'Add',
  addTo: (table: string) => `Add to ${table}`,
  rows: (count: number) => (count === 1 ? '1 row' : `${formatNumber('en', count)} rows`),
  range: (first: number, last: number, count: number) =>
    `${formatNumber('en', first)}–${formatNumber('en', last)} of ${formatNumber('en', count)}`,
  pages: 'Pages',
  previous: 'Previous',
  next: 'Next',
  firstPage: 'First page',
  emptyTitle: 'Nothing here yet',
  emptyText: 'The first row that you add will show up here.',
  noMatchTitle: 'Nothing found',
  noMatchText: (search: string) => `No row matches “${search}”.`,
  clearSearch: 'Clear the search',

  edit: 'Edit',
  editTitle: (title: string) => `Edit ${title}`,
  delete: 'Delete',
  save: 'Save',
  saving: 'Saving…',
  saveAndAdd: 'Save and add another',
  cancel: 'Cancel',
  close: 'Close',
  created: (title: string) => `${title} was added.`,
  saved: (title: string) => `${title} was saved.`,
  deleted: (title: string) => `${title} was deleted.`,
  nothingChanged: 'Nothing was changed.',
  deleteTitle: (title: string) => `Delete ${title}?`,
  deleteText: 'This can’t be undone.',
  leaveTitle: 'Leave without saving?',
  leaveText: 'What you changed on this page will be lost.',
  leave: 'Leave',
  stay: 'Stay here',

  optional: 'optional',
  isRequired: 'Please fill this in.',
  tooLong: (length: number, max: number) => `At most ${max} characters; these are ${length}.`,
  notWhole: 'Please give a whole number.',
  notNumber: 'Please give a number.',
  tooSmall: (min: number) => `At least ${formatNumber('en', min)}.`,
  tooLarge: (max: number) => `At most ${formatNumber('en', max)}.`,
  tooPrecise: (places: number) =>
    places === 0 ? 'No digits after the point.' : `At most ${places} digits after the point.`,
  notEmail: 'Please give an e-mail address, such as name@example.com.',
  notUrl: 'Please give a web address, such as https://example.com.',
  notUuid: 'Please give a UUID.',
  notDate: 'Please give a full date.',
  notTime: 'Please give a full time.',
  notJson: (reason: string) => `This is not JSON: ${reason}`,
  fixErrors: (count: number) =>
    count === 1 ? 'One field needs your attention.' : `${count} fields need your attention.`,
  timeZone: (zone: string) => `In your time zone, ${zone}.`,
  characters: (length: number, max: number) => `${length} of ${max}`,

  yes: 'Yes',
  no: 'No',
  none: 'None',
  empty: 'Empty',
  choose: 'Choose…',
  chooseFile: 'Choose',
  dropFile: 'Choose a file, or drop one here.',
  replaceFile: 'Replace',
  removeFile: 'Remove',
  pickOne: 'Type to search',
  pickMore: 'Type to add more',
  noOptions: 'Nothing found',
  remove: (title: string) => `Remove ${title}`,

  loading: 'Loading…',
  retry: 'Try again',
  offlineTitle: 'No connection',
  offlineText: 'The server can’t be reached at the moment. Check your connection and try again.',
  signedOutTitle: 'Please sign in',
  signedOutText: 'Your session has ended, or you haven’t signed in yet. Sign in, then try again.',
  forbiddenTitle: 'Not allowed',
  forbiddenText: 'Your account may not see or do this.',
  missingTitle: 'This row is gone',
  missingText: 'It may have been deleted, or the address is mistyped.',
  noTableTitle: 'This table is not there yet',
  noTableText: 'The server doesn’t know it so far. Please try again in a moment.',
  failedTitle: 'Something went wrong',
  failedText: 'This is not your fault. Please try again in a moment.',
  invalidTitle: 'That was not accepted',
}

const fr: Messages = {
  skipToContent: 'Aller au contenu',
  menu: 'Menu',
  tables: 'Tables',
  breadcrumb: 'Où vous êtes',
  findTable: 'Trouver une table',
  home: 'Accueil',
  homeIntro: 'Sur quoi souhaitez-vous travailler ?',
  notFoundTitle: 'Cette page n’existe pas',
  notFoundText: 'L’adresse est peut-être mal saisie, ou la page a été déplacée.',
  backHome: 'Retour à l’accueil',

  search: 'Rechercher',
  searchIn: (table) => `Rechercher dans ${table}`,
  clear: 'Effacer',
  add: 'Ajouter',
  addTo: (table) => `Ajouter à ${table}`,
  rows: (count) => (count < 2 ? `${count} ligne` : `${formatNumber('fr', count)} lignes`),
  range: (first, last, count) =>
    `${formatNumber('fr', first)}–${formatNumber('fr', last)} sur ${formatNumber('fr', count)}`,
  pages: 'Pages',
  previous: 'Précédent',
  next: 'Suivant',
  firstPage: 'Première page',
  emptyTitle: 'Rien pour le moment',
  emptyText: 'La première ligne que vous ajouterez s’affichera ici.',
  noMatchTitle: 'Aucun résultat',
  noMatchText: (search) => `Aucune ligne ne correspond à « ${search} ».`,
  clearSearch: 'Effacer la recherche',

  edit: 'Modifier',
  editTitle: (title) => `Modifier « ${title} »`,
  delete: 'Supprimer',
  save: 'Enregistrer',
  saving: 'Enregistrement…',
  saveAndAdd: 'Enregistrer et continuer',
  cancel: 'Annuler',
  close: 'Fermer',
  created: (title) => `« ${title} » a été ajouté.`,
  saved: (title) => `« ${title} » a été enregistré.`,
  deleted: (title) => `« ${title} » a été supprimé.`,
  nothingChanged: 'Rien n’a été modifié.',
  deleteTitle: (title) => `Supprimer « ${title} » ?`,
  deleteText: 'Cette action est définitive.',
  leaveTitle: 'Quitter sans enregistrer ?',
  leaveText: 'Vos modifications sur cette page seront perdues.',
  leave: 'Quitter',
  stay: 'Rester ici',

  optional: 'facultatif',
  isRequired: 'Ce champ est obligatoire.',
  tooLong: (length, max) => `${max} caractères au plus ; il y en a ${length}.`,
  notWhole: 'Saisissez un nombre entier.',
  notNumber: 'Saisissez un nombre.',
  tooSmall: (min) => `${formatNumber('fr', min)} au minimum.`,
  tooLarge: (max) => `${formatNumber('fr', max)} au maximum.`,
  tooPrecise: (places) =>
    places === 0
      ? 'Aucun chiffre après la virgule.'
      : `${places} chiffres après la virgule au plus.`,
  notEmail: 'Saisissez une adresse e-mail, par exemple nom@exemple.fr.',
  notUrl: 'Saisissez une adresse web, par exemple https://exemple.fr.',
  notUuid: 'Saisissez un UUID.',
  notDate: 'Saisissez une date complète.',
  notTime: 'Saisissez une heure complète.',
  notJson: (reason) => `Ce n’est pas du JSON : ${reason}`,
  fixErrors: (count) =>
    count === 1 ? 'Un champ est à corriger.' : `${count} champs sont à corriger.`,
  timeZone: (zone) => `Dans votre fuseau horaire, ${zone}.`,
  characters: (length, max) => `${length} sur ${max}`,

  yes: 'Oui',
  no: 'Non',
  none: 'Aucun',
  empty: 'Vide',
  choose: 'Choisir…',
  chooseFile: 'Choisir',
  dropFile: 'Choisissez un fichier, ou déposez-en un ici.',
  replaceFile: 'Remplacer',
  removeFile: 'Retirer',
  pickOne: 'Tapez pour rechercher',
  pickMore: 'Tapez pour en ajouter',
  noOptions: 'Aucun résultat',
  remove: (title) => `Retirer ${title}`,

  loading: 'Chargement…',
  retry: 'Réessayer',
  offlineTitle: 'Pas de connexion',
  offlineText: 'Le serveur est injoignable pour le moment. Vérifiez votre connexion et réessayez.',
  signedOutTitle: 'Connectez-vous',
  signedOutText:
    'Votre session a expiré, ou vous n’êtes pas encore connecté. Connectez-vous, puis réessayez.',
  forbiddenTitle: 'Accès refusé',
  forbiddenText: 'Votre compte ne permet pas de voir ou de faire cela.',
  missingTitle: 'Cette ligne n’existe plus',
  missingText: 'Elle a peut-être été supprimée, ou l’adresse est mal saisie.',
  noTableTitle: 'Cette table n’est pas encore là',
  noTableText: 'Le serveur ne la connaît pas pour l’instant. Réessayez dans un moment.',
  failedTitle: 'Une erreur est survenue',
  failedText: 'Vous n’y êtes pour rien. Réessayez dans un instant.',
  invalidTitle: 'Cela n’a pas été accepté',
}

/** In French where the locale is French, else in English. */
export function messagesFor(locale: string): Messages {
  return languageOf(locale) === 'fr' ? fr : en
}

export function languageOf(locale: string): string {
  return locale.split(/[-_]/, 1)[0]?.toLowerCase() ?? 'en'
}

export function directionOfLocale(locale: string): 'ltr' | 'rtl' {
  return ['ar', 'arc', 'dv', 'fa', 'he', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi'].includes(
    languageOf(locale),
  )
    ? 'rtl'
    : 'ltr'
}

function formatNumber(locale: string, number: number): string {
  return number.toLocaleString(locale, { maximumFractionDigits: 20 })
}
