import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A merchant of Trustly Europe in Java, by the documentation alone: see ../README.md. */
public class Peer {
    static final ObjectMapper JSON = new ObjectMapper();
    static final HttpClient HTTP = HttpClient.newHttpClient();
    static final int DEADLINE_SECONDS = 30;

    final URI url;
    final Path secrets;
    final String username;
    final PrivateKey merchantKey;
    final PublicKey trustlyKey;

    public static void main(String[] arguments) throws Exception {
        try {
            new Peer(arguments[0], arguments[1], arguments[2]).run();
            System.exit(0);
        } catch (Exception error) {
            // The server's thread would go on by itself.
            error.printStackTrace();
            System.exit(1);
        }
    }

    Peer(String url, String directory, String username) throws Exception {
        this.url = URI.create(url);
        this.secrets = Path.of(directory, "secrets");
        this.username = username;
        KeyFactory keys = KeyFactory.getInstance("RSA");
        merchantKey = keys.generatePrivate(new PKCS8EncodedKeySpec(der("merchant-private.pem")));
        trustlyKey = keys.generatePublic(new X509EncodedKeySpec(der("trustly-public.pem")));
    }

    void run() throws Exception {
        CompletableFuture<JsonNode> told = new CompletableFuture<>();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> receive(exchange, told));
        server.start();
        ObjectNode details = object(Map.of(
            "EndUserID", "user-java", "ClearingHouse", "UNITED_KINGDOM", "BankNumber", "200000",
            "AccountNumber", "55779911", "Firstname", "Åsa", "Lastname", "Öberg"));
        details.set("Attributes", object(Map.of("Email", "asa@example.com")));
        JsonNode registered = call("RegisterAccount", details).at("/result/data");
        ObjectNode payout = object(Map.of(
            "AccountID", registered.get("accountid").textValue(), "EndUserID", "user-java",
            "MessageID", UUID.randomUUID().toString(), "Amount", "25.50", "Currency", "GBP",
            "NotificationURL",
            "http://127.0.0.1:" + server.getAddress().getPort() + "/notify/f346212d"));
        payout.set("Attributes", object(Map.of(
            "ShopperStatement", "Demo Å", "PSPMerchant", "Merchant Ltd.",
            "PSPMerchantURL", "www.merchant.com", "MerchantCategoryCode", "5499")));
        JsonNode paid = call("AccountPayout", payout).at("/result/data");
        check("1".equals(paid.path("result").textValue()), "the payout is not accepted");
        payout.put("AccountID", "9").put("MessageID", "unknown-java");
        JsonNode refused = call("AccountPayout", payout);
        check(refused.at("/error/code").intValue() == 624, "an unknown account is not refused");
        JsonNode message = told.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        check("payoutconfirmation".equals(message.get("method").textValue()), "no confirmation");
        JsonNode order = message.at("/params/data/orderid");
        check(order.equals(paid.get("orderid")), "it is about another order");
    }

    JsonNode call(String method, ObjectNode members) throws Exception {
        String uuid = UUID.randomUUID().toString();
        ObjectNode data = members.deepCopy();
        data.put("Username", username).put("Password", Files.readString(secrets.resolve("password")).trim());
        ObjectNode params = JSON.createObjectNode();
        params.put("Signature", sign(method, uuid, data)).put("UUID", uuid).set("Data", data);
        ObjectNode message = JSON.createObjectNode().put("method", method).put("version", "1.1");
        message.set("params", params);
        HttpRequest request = HttpRequest.newBuilder(url)
            .timeout(Duration.ofSeconds(DEADLINE_SECONDS))
            .POST(HttpRequest.BodyPublishers.ofString(message.toString())).build();
        HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        JsonNode answer = JSON.readTree(response.body());
        JsonNode signed = answer.has("result") ? answer.get("result") : answer.at("/error/error");
        checkSigned(signed, method, uuid);
        check(method.equals(signed.get("method").textValue()), "another method's answer");
        check(uuid.equals(signed.get("uuid").textValue()), "another request's answer");
        return answer;
    }

    /** Verifies and acknowledges a notification. */
    void receive(HttpExchange exchange, CompletableFuture<JsonNode> told) throws IOException {
        try (exchange) {
            JsonNode message = JSON.readTree(exchange.getRequestBody());
            String method = message.get("method").textValue();
            String uuid = message.at("/params/uuid").textValue();
            checkSigned(message.get("params"), method, uuid);
            ObjectNode data = JSON.createObjectNode().put("status", "OK");
            ObjectNode result = JSON.createObjectNode();
            result.put("signature", sign(method, uuid, data)).put("uuid", uuid).put("method", method);
            result.set("data", data);
            ObjectNode answer = JSON.createObjectNode().put("version", "1.1");
            answer.set("result", result);
            byte[] body = answer.toString().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            told.complete(message);
        } catch (Exception error) {
            told.completeExceptionally(error);
        }
    }

    void checkSigned(JsonNode signed, String method, String uuid) throws Exception {
        Signature verifier = Signature.getInstance("SHA1withRSA");
        verifier.initVerify(trustlyKey);
        verifier.update((method + uuid + serialise(signed.get("data"))).getBytes(StandardCharsets.UTF_8));
        byte[] signature = Base64.getDecoder().decode(signed.get("signature").textValue());
        check(verifier.verify(signature), "a wrong signature under " + method);
    }

    String sign(String method, String uuid, JsonNode data) throws Exception {
        Signature signer = Signature.getInstance("SHA1withRSA");
        signer.initSign(merchantKey);
        signer.update((method + uuid + serialise(data)).getBytes(StandardCharsets.UTF_8));
        return Base64.getEncoder().encodeToString(signer.sign());
    }

    /** Names by UTF-16 unit, as strings compare in Java and in Trustly's client for it. */
    static String serialise(JsonNode value) {
        if (value.isNull()) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        if (value.isArray()) {
            value.forEach(element -> text.append(serialise(element)));
        } else if (value.isObject()) {
            TreeMap<String, JsonNode> members = new TreeMap<>();
            value.fields().forEachRemaining(member -> members.put(member.getKey(), member.getValue()));
            members.forEach((name, member) -> text.append(name).append(serialise(member)));
        } else {
            text.append(value.asText());
        }
        return text.toString();
    }

    static ObjectNode object(Map<String, String> members) {
        ObjectNode object = JSON.createObjectNode();
        members.forEach(object::put);
        return object;
    }

    byte[] der(String name) throws IOException {
        String pem = Files.readString(secrets.resolve(name));
        return Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    }

    static void check(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
