import com.helger.diver.api.coord.DVRCoordinate;
import com.helger.io.resource.FileSystemResource;
import com.helger.phive.api.execute.ValidationExecutionManager;
import com.helger.phive.api.executorset.ValidationExecutorSetRegistry;
import com.helger.phive.api.validity.IValidityDeterminator;
import com.helger.phive.en16931.EN16931Validation;
import com.helger.phive.peppol.PeppolValidation2026_05;
import com.helger.phive.xml.source.IValidationSourceXML;
import com.helger.phive.xml.source.ValidationSourceXML;
import com.helger.phive.xrechnung.XRechnungValidation;
import java.io.File;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Validates files by the official rules, all in one process: java Validate MUSTANG_JAR JOBS.
 *
 * Each line of JOBS is a kind of document, a tab and a path. Each line of the output is a path, and behind a tab
 * "valid" or, one by one behind tabs, what is wrong.
 */
public class Validate {
    static final Map<String, DVRCoordinate> RULES = Map.of(
        "en16931-cii", EN16931Validation.VID_CII_1316,
        "en16931-ubl", EN16931Validation.VID_UBL_INVOICE_1316,
        "en16931-ubl-credit", EN16931Validation.VID_UBL_CREDIT_NOTE_1316,
        "peppol-ubl", PeppolValidation2026_05.VID_OPENPEPPOL_INVOICE_UBL_V3,
        "peppol-ubl-credit", PeppolValidation2026_05.VID_OPENPEPPOL_CREDIT_NOTE_UBL_V3,
        "xrechnung-cii", XRechnungValidation.VID_XRECHNUNG_CII_302,
        "xrechnung-ubl", XRechnungValidation.VID_XRECHNUNG_UBL_INVOICE_302,
        "xrechnung-ubl-credit", XRechnungValidation.VID_XRECHNUNG_UBL_CREDITNOTE_302);

    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err); // the libraries talk
        var registry = new ValidationExecutorSetRegistry<IValidationSourceXML>();
        EN16931Validation.initEN16931(registry);
        PeppolValidation2026_05.init(registry);
        XRechnungValidation.initXRechnung(registry);
        var mustang = new Mustang(Path.of(arguments[0]));
        for (String job : Files.readAllLines(Path.of(arguments[1]))) {
            String kind = job.split("\t")[0], path = job.split("\t")[1];
            List<String> errors = kind.equals("pdf") ? mustang.errors(path) : errors(registry, RULES.get(kind), path);
            out.println(path + "\t" + (errors.isEmpty() ? "valid" : String.join("\t", errors)));
        }
        out.flush();
        System.exit(0);
    }

    static List<String> errors(
            ValidationExecutorSetRegistry<IValidationSourceXML> registry, DVRCoordinate rules, String path) {
        var result = ValidationExecutionManager.executeValidation(
            IValidityDeterminator.createDefault(), registry.getOfID(rules),
            ValidationSourceXML.create(new FileSystemResource(new File(path))));
        List<String> errors = new ArrayList<>();
        result.forEachFlattened(error -> {
            if (error.isError()) errors.add(oneLine(error.getErrorID() + " " + error.getErrorText(Locale.US)));
        });
        return errors;
    }

    static String oneLine(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }

    /** Mustang with veraPDF, which brings libraries of its own: behind a class loader of its own. */
    static class Mustang {
        final Class<?> validator;

        Mustang(Path jar) throws Exception {
            var loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader());
            validator = loader.loadClass("org.mustangproject.validator.ZUGFeRDValidator");
        }

        List<String> errors(String path) throws Exception {
            Thread.currentThread().setContextClassLoader(validator.getClassLoader());
            try {
                Object one = validator.getConstructor().newInstance();
                String report = (String) validator.getMethod("validate", String.class).invoke(one, path);
                boolean valid = (boolean) validator.getMethod("wasCompletelyValid").invoke(one);
                return valid ? List.of() : List.of(oneLine(report));
            } finally {
                Thread.currentThread().setContextClassLoader(Validate.class.getClassLoader());
            }
        }
    }
}
