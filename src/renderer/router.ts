/**
 * The addresses of the console. The server answers every one of them with the same page.
 * @module
 */
import { createRouter, createWebHistory, type Router, type RouteRecordRaw } from 'vue-router';
import { lazyPage } from './lazyPage.ts';

const routes: RouteRecordRaw[] = [
  {
    path: '/',
    name: 'overview',
    component: lazyPage(() => import('./features/overview/OverviewPage.vue')),
    meta: { title: 'overview.title', letter: 'o' },
  },
  {
    path: '/inbox',
    name: 'inbox',
    component: lazyPage(() => import('./features/inbox/InboxPage.vue')),
    meta: { title: 'inbox.title', letter: 'i' },
  },
  {
    path: '/inbox/:id',
    name: 'review',
    component: lazyPage(() => import('./features/review/ReviewPage.vue')),
    props: true,
    meta: { title: 'review.title' },
  },
  {
    path: '/blocks',
    name: 'blocks',
    component: lazyPage(() => import('./features/blocks/BlocksPage.vue')),
    meta: { title: 'blocks.title', letter: 'b' },
  },
  {
    path: '/blocks/:height(\\d{1,15})',
    name: 'block',
    component: lazyPage(() => import('./features/blocks/BlockPage.vue')),
    props: (route) => ({ height: Number(route.params['height']) }),
    meta: { title: 'block.title' },
  },
  {
    path: '/requests/:id([0-9a-f]{64})',
    name: 'request',
    component: lazyPage(() => import('./features/blocks/RequestPage.vue')),
    props: true,
    meta: { title: 'request.title' },
  },
  {
    path: '/checkpoints',
    name: 'checkpoints',
    component: lazyPage(() => import('./features/checkpoints/CheckpointsPage.vue')),
    meta: { title: 'checkpoints.title', letter: 'h' },
  },
  {
    path: '/views',
    name: 'views',
    component: lazyPage(() => import('./features/views/ViewChangesPage.vue')),
    meta: { title: 'views.title', letter: 'c' },
  },
  {
    path: '/evidence',
    name: 'evidenceList',
    component: lazyPage(() => import('./features/evidence/EvidenceListPage.vue')),
    meta: { title: 'evidence.title', letter: 'e' },
  },
  {
    path: '/search',
    name: 'search',
    component: lazyPage(() => import('./features/search/SearchPage.vue')),
    meta: { title: 'search.title', letter: 's' },
  },
  {
    path: '/evidence/:replica(\\d{1,3})',
    name: 'evidence',
    component: lazyPage(() => import('./features/evidence/EvidencePage.vue')),
    // The first epoch has no name in an address: most networks never come to a second one.
    props: ({ params, query }) => ({
      epoch: Number(query['epoch'] ?? 0),
      replica: Number(params['replica']),
    }),
    meta: { title: 'evidence.title' },
  },
  {
    path: '/faults',
    name: 'faults',
    component: lazyPage(() => import('./features/faults/FaultPanelPage.vue')),
    meta: { title: 'faults.title', letter: 'f', onlyEmbedded: true },
  },
  {
    path: '/registry',
    name: 'registry',
    component: lazyPage(() => import('./features/registry/RegistryPage.vue')),
    meta: { title: 'registry.title', letter: 'r' },
  },
  {
    path: '/peers',
    name: 'peers',
    component: lazyPage(() => import('./features/peers/PeersPage.vue')),
    meta: { title: 'peers.title', letter: 'p' },
  },
  {
    path: '/keys',
    name: 'keys',
    component: lazyPage(() => import('./features/keys/KeysPage.vue')),
    meta: { title: 'keys.title', letter: 'k' },
  },
  {
    path: '/verify',
    name: 'verify',
    component: lazyPage(() => import('./features/verify/VerifyPage.vue')),
    meta: { title: 'verify.title', letter: 'v' },
  },
  {
    path: '/diagnostics',
    name: 'diagnostics',
    component: lazyPage(() => import('./features/diagnostics/DiagnosticsPage.vue')),
    meta: { title: 'diagnostics.title', letter: 'd' },
  },
  {
    path: '/settings',
    name: 'settings',
    component: lazyPage(() => import('./features/settings/SettingsPage.vue')),
    meta: { title: 'settings.title', letter: 't' },
  },
  {
    path: '/:path(.*)*',
    name: 'notFound',
    component: lazyPage(() => import('./features/shell/NotFoundPage.vue')),
    meta: { title: 'notFound.title' },
  },
];

/** The router. It remembers the address as it is now, so the token must be out of it before. */
export function consoleRouter(): Router {
  return createRouter({ history: createWebHistory('/'), routes });
}
