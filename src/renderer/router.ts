/**
 * The addresses of the console. The server answers every one of them with the same page.
 * @module
 */
import { createRouter, createWebHistory, type Router, type RouteRecordRaw } from 'vue-router';
import BlockPage from './features/blocks/BlockPage.vue';
import BlocksPage from './features/blocks/BlocksPage.vue';
import RequestPage from './features/blocks/RequestPage.vue';
import CheckpointsPage from './features/checkpoints/CheckpointsPage.vue';
import DiagnosticsPage from './features/diagnostics/DiagnosticsPage.vue';
import EvidenceListPage from './features/evidence/EvidenceListPage.vue';
import EvidencePage from './features/evidence/EvidencePage.vue';
import FaultPanelPage from './features/faults/FaultPanelPage.vue';
import KeysPage from './features/keys/KeysPage.vue';
import InboxPage from './features/inbox/InboxPage.vue';
import OverviewPage from './features/overview/OverviewPage.vue';
import PeersPage from './features/peers/PeersPage.vue';
import RegistryPage from './features/registry/RegistryPage.vue';
import ReviewPage from './features/review/ReviewPage.vue';
import SearchPage from './features/search/SearchPage.vue';
import SettingsPage from './features/settings/SettingsPage.vue';
import NotFoundPage from './features/shell/NotFoundPage.vue';
import VerifyPage from './features/verify/VerifyPage.vue';
import ViewChangesPage from './features/views/ViewChangesPage.vue';

const routes: RouteRecordRaw[] = [
  { path: '/', name: 'overview', component: OverviewPage, meta: { title: 'overview.title', letter: 'o' } },
  { path: '/inbox', name: 'inbox', component: InboxPage, meta: { title: 'inbox.title', letter: 'i' } },
  { path: '/inbox/:id', name: 'review', component: ReviewPage, props: true, meta: { title: 'review.title' } },
  { path: '/blocks', name: 'blocks', component: BlocksPage, meta: { title: 'blocks.title', letter: 'b' } },
  {
    path: '/blocks/:height(\\d{1,15})',
    name: 'block',
    component: BlockPage,
    props: (route) => ({ height: Number(route.params['height']) }),
    meta: { title: 'block.title' },
  },
  {
    path: '/requests/:id([0-9a-f]{64})',
    name: 'request',
    component: RequestPage,
    props: true,
    meta: { title: 'request.title' },
  },
  {
    path: '/checkpoints',
    name: 'checkpoints',
    component: CheckpointsPage,
    meta: { title: 'checkpoints.title', letter: 'h' },
  },
  { path: '/views', name: 'views', component: ViewChangesPage, meta: { title: 'views.title', letter: 'c' } },
  {
    path: '/evidence',
    name: 'evidenceList',
    component: EvidenceListPage,
    meta: { title: 'evidence.title', letter: 'e' },
  },
  { path: '/search', name: 'search', component: SearchPage, meta: { title: 'search.title', letter: 's' } },
  {
    path: '/evidence/:replica(\\d{1,3})',
    name: 'evidence',
    component: EvidencePage,
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
    component: FaultPanelPage,
    meta: { title: 'faults.title', letter: 'f', onlyEmbedded: true },
  },
  {
    path: '/registry',
    name: 'registry',
    component: RegistryPage,
    meta: { title: 'registry.title', letter: 'r' },
  },
  { path: '/peers', name: 'peers', component: PeersPage, meta: { title: 'peers.title', letter: 'p' } },
  { path: '/keys', name: 'keys', component: KeysPage, meta: { title: 'keys.title', letter: 'k' } },
  { path: '/verify', name: 'verify', component: VerifyPage, meta: { title: 'verify.title', letter: 'v' } },
  {
    path: '/diagnostics',
    name: 'diagnostics',
    component: DiagnosticsPage,
    meta: { title: 'diagnostics.title', letter: 'd' },
  },
  {
    path: '/settings',
    name: 'settings',
    component: SettingsPage,
    meta: { title: 'settings.title', letter: 't' },
  },
  { path: '/:path(.*)*', name: 'notFound', component: NotFoundPage, meta: { title: 'notFound.title' } },
];

/** The router. It remembers the address as it is now, so the token must be out of it before. */
export function consoleRouter(): Router {
  return createRouter({ history: createWebHistory('/'), routes });
}
